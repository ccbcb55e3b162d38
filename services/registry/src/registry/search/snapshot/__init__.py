"""A copy of the catalogue on disk, so that a start need not read all recipes."""
