"""Twins: the versions of other recipes that have the same digest."""
