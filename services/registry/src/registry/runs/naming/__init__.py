"""The name of a run's model, and the run that a name in a recipe stands for."""
