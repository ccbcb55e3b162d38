"""Readers of recipes that others wrote: from files to rows of an import."""
