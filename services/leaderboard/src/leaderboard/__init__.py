"""The leaderboard service of Mergehub."""
