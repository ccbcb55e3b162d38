"""The leaderboard at the size of a whole hub."""
