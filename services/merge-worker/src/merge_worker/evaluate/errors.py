"""What can go wrong in an evaluation; every message says what would be right."""

from __future__ import annotations


class EvaluationError(Exception):
    """A model cannot be measured on a benchmark."""


class TaskError(EvaluationError):
    """A task cannot be found, or asks for something that a local task may not do."""
