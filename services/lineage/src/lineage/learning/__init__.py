"""How the graph learns: batches of statements about edges and models become rows."""
