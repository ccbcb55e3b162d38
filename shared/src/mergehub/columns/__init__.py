"""What services keep in memory: columns of NumPy, from PostgreSQL or from a snapshot."""
