"""Warnings about models, which moderators set and clear."""
