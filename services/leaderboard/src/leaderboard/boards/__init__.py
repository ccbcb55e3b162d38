"""Boards: views of the results, in which only comparable ones meet."""
