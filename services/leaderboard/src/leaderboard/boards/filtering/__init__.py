"""Which rows of a board are shown, by what is known of their models."""
