"""The scores of models, which the leaderboard keeps, in the memory of this process."""
