"""Recipes that a client brings in bulk."""
