"""Texts of every kind passed for recipes, each judged in a process of its own."""
