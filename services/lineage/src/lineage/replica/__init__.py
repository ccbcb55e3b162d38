"""A replica of the graph in each process: loaded from the tables, it follows the log of changes."""
