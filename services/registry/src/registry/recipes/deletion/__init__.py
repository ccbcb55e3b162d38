"""Deleting a recipe from which nothing else came."""
