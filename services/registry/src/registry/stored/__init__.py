"""Stored models: which files the model of each run has, and that a run keeps what it needs."""
