"""Intervals of ranks: computed of a state of a board, and shown beside it or a later one."""
