"""Filling the output tensors: operands read, formulas applied, results written."""
