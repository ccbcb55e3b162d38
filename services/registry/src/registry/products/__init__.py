"""Products: the names of merged models, and their owners."""
