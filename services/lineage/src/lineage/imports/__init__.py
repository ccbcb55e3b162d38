"""Edges and facts about models that a client brings in bulk."""
