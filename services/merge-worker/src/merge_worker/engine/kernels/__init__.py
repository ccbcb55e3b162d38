"""Compiled loops over elements, and the arithmetic of single elements."""
