"""What all merges of a board gained, in groups: the table by method and base."""
