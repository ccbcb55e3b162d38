"""Columns of NumPy, read from PostgreSQL: what lineage and the leaderboard keep in memory."""
