"""The errors of an evaluation; every message says how to fix it."""

from __future__ import annotations


class EvaluationError(Exception):
    """A model cannot be evaluated on a benchmark."""


class TaskError(EvaluationError):
    """A task cannot be found, or asks for something that a local task must not do."""
