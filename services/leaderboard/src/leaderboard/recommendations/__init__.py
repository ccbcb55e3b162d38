"""Recommendations: models that are worth merging, since one is strong where the other is weak."""
