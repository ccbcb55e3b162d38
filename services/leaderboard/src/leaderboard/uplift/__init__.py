"""Uplift: what a merge gained over each of its parents, and how certain the gain is."""
