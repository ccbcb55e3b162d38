"""Comments on recipes, in threads."""
