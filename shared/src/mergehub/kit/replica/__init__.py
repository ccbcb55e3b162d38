"""A copy of tables in the memory of a process, which follows a log of what changes in them."""
