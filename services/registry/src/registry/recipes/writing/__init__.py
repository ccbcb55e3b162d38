"""Storing recipes and versions, one or a thousand by the same statements."""
