"""The tables of the graph: edges, the claims beside them, refused edges, and the log of changes."""
