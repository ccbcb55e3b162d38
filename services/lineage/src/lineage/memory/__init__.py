"""The graph in memory: columns of models and edges, which follow the tables."""
