"""Locks and manifests of merges, and what became of merging by them again."""
