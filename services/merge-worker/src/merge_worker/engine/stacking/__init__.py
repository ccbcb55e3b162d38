"""Slices stacked into a model: layers, their configuration, and what must fit."""
