"""A replica of the catalogue in each process: loaded from the tables, it follows the log."""
