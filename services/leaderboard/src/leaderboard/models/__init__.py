"""Models: their names, and what lineage says of them, which the leaderboard follows."""
