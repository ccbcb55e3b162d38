"""The domains of recipes, models and benchmarks: their names and synonyms."""
