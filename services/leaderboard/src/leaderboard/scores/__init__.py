"""Scores of a board, and uplift, kept in the order in which they changed, for those who follow."""
