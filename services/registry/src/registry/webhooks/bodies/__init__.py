"""What receivers get of an event: one format per file."""
