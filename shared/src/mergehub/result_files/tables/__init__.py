"""Leaderboards as tables: what each column means, and what its cells say."""
