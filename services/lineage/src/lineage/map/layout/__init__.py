"""Where the nodes of a map lie: pure functions on arrays, the same each time for the same graph."""
