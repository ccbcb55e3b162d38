"""What can go wrong in a merge; every message says what is wrong and what would be right."""

from __future__ import annotations


class EngineError(Exception):
    """A merge cannot be planned or carried out."""


class SourceError(EngineError):
    """An ingredient cannot be found, or may not be read."""


class CheckpointError(EngineError):
    """An ingredient's files are damaged, or are not what they claim to be."""


class PlanError(EngineError):
    """The ingredients do not fit together, or not to the recipe."""


class NotSupportedError(EngineError):
    """The recipe is valid but asks for something that this engine does not do."""


class InputChangedError(EngineError):
    """An ingredient's file changed or vanished while it was being merged."""


class OutputError(EngineError):
    """The output cannot be written: no space, no permission, or the place is taken."""


class DiskFullError(OutputError):
    """There is no space left for the output."""


class ResumeError(EngineError):
    """The unfinished output found in this place belongs to another merge."""


class OutOfMemoryError(EngineError):
    """There is not enough memory for the blocks in flight."""


class NotFiniteError(EngineError):
    """An ingredient holds infinities or NaN, and the merge was asked to refuse them."""
