"""Answers from the catalogue: what matches a query, in which order, and how many of each value."""
