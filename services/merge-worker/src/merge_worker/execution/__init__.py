"""Doing a run: claim, child process, heartbeats, report."""
