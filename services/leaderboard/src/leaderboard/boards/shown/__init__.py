"""What answers say of a board: its rows, how many there are of which kind, and points of a plot."""
