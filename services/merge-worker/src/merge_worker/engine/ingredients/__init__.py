"""Opens the models of a merge, and says how they differ."""
