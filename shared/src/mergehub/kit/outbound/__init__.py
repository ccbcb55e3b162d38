"""Requests to addresses that users choose, guarded against the hub's own network."""
