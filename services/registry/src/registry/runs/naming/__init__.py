"""What a run's model is called, and which run a name in a recipe stands for."""
