"""Recipes and their immutable versions."""
