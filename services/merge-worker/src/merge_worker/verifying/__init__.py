"""Makes a model again, and compares it with what its run has reported."""
