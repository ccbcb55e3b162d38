"""The registry at the size of a million recipes."""
