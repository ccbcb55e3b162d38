"""The catalogue of recipes in memory: words, values and numbers, by which a search finds them."""
