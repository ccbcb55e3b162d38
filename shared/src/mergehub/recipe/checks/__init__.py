"""Checks of a recipe that can be read: what is wrong or doubtful, one kind of check per file."""
