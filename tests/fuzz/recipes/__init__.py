"""Texts of every kind, read as recipes, each judged in a process of its own."""
