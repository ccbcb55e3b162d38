"""Scores models for runs of several kinds: what is measured, on what, and what is known already."""
