"""Checks of a recipe that can be read, for faults and warnings; one kind of check per file."""
