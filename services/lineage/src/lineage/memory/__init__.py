"""The graph in memory: columns of models and edges, read by many threads while it grows."""
