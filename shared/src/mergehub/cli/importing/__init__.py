"""What commands that import rows in bulk share: sending, remembering, standard input."""
