"""Several models beside each other on a board, each compared with the first."""
