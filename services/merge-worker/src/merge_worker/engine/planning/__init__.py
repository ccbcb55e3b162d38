"""Turns a recipe and the models' headers into the table of output tensors."""
