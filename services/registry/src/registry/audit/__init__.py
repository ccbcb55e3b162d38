"""Audit: who changed what."""
