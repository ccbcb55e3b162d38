"""What models are used for most: exact counts, as new as the graph in memory."""
