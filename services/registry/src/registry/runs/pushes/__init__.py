"""Pushes of models: whether a worker may, and the run that follows a merge."""
