"""Reads lineage that others have written: edge lists, model cards, recipes, metadata."""

from .rows import Corrected, Edge, Facts, Row, Skipped, Unreadable

__all__ = ["Corrected", "Edge", "Facts", "Row", "Skipped", "Unreadable"]
