"""Recipes as files for other programs."""
