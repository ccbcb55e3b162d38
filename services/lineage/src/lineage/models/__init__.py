"""Models, which keep their identity when they are renamed, and their known revisions."""
