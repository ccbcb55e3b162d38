"""What a misspelt word means: the known words near it, and queries that are corrected."""
