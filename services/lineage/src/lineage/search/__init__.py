"""How models are found by parts of their names: an index of trigrams over the names in memory."""
