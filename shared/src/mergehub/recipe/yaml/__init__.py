"""Reads the text of a recipe as plain data, within limits, and records the line of each value."""
