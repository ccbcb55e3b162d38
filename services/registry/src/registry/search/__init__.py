"""How recipes are found: a query language, a catalogue in memory, and what resembles a recipe."""
