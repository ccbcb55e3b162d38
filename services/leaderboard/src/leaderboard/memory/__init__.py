"""The results of all models in memory: columns of NumPy that follow a log of changes."""
