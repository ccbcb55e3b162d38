"""Forks: recipes that were made from a version of another one, and keep where they came from."""
