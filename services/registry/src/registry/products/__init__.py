"""Products: the names of merged models, and whose they are."""
