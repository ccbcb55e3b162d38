"""Requests to addresses that strangers chose, and how requests are repeated."""
