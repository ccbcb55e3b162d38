"""Which of several precisions of a model stands for it."""

from __future__ import annotations

PRECISIONS = ("bfloat16", "float16", "float32", "")
"""The first of these counts; '' is unknown, and all others come after it."""


def preference(precision: str) -> int:
    """The place of a precision in PRECISIONS; others come last."""
    return PRECISIONS.index(precision) if precision in PRECISIONS else len(PRECISIONS)
