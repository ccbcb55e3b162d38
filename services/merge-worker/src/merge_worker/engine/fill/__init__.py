"""Fills the output tensors: reads operands, applies formulas, writes results."""
