"""Collecting: which models go by the rules of retention, what still needs one, and its removal."""
