"""Uplift: what a merge gained over each of its parents, with how sure that is."""
