"""How models are found by parts of their names: signatures and bitmaps of their trigrams."""
