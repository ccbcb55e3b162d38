"""What services keep in memory: columns of NumPy, read from PostgreSQL or mapped from a snapshot."""
