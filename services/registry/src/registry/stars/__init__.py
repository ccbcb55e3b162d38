"""Stars: the recipes that people like, and want to find again."""
