"""The errors of an evaluation; every message says how to fix it."""

from __future__ import annotations


class EvaluationError(Exception):
    """A model cannot be evaluated on a benchmark."""


class TaskError(EvaluationError):
    """A task cannot be found, or asks for something that a local task must not do."""


class GpuError(Exception):
    """The GPU failed, and will fail again in this process."""


class GpuMemoryError(GpuError):
    """The GPU's memory is too small for the model, or for a single row of a benchmark."""
