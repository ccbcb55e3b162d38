"""Products: the names of merged models, whose they are, and which run a name stands for."""
