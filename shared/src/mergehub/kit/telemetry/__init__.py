"""Logs, metrics, and the loops that run beside the HTTP process."""
