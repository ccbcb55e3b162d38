"""Questions about the graph, each a function of its state in memory, and their endpoints."""
