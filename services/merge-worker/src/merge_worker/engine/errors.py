"""The errors of a merge; every message says what is wrong and how to fix it."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 10_000
"""The most characters of a message."""


class EngineError(Exception):
    """A merge cannot be planned or carried out."""

    def __str__(self) -> str:
        return printable(super().__str__())


class SourceError(EngineError):
    """An ingredient cannot be found, or must not be read."""


class OutsideError(SourceError):
    """A path names no folder under the roots that models may be read from."""


class CheckpointError(EngineError):
    """An ingredient's files are damaged, or are not what they claim to be."""


class PlanError(EngineError):
    """The ingredients do not fit together, or do not fit the recipe."""


class NotSupportedError(EngineError):
    """The recipe is valid, but asks for something that this engine does not do."""


class MethodError(EngineError):
    """A method written in NumPy cannot be read, is not declared as it should be, or failed."""


class InputChangedError(EngineError):
    """An ingredient's file changed or vanished while it was being merged."""


class DeviceError(EngineError):
    """The device asked for cannot be used."""


class DeviceMemoryError(DeviceError):
    """The device lacks memory for the blocks in flight."""


class OutputError(EngineError):
    """The output cannot be written: no space, no permission, or something is already there."""


class DiskFullError(OutputError):
    """There is no space left for the output."""


class ResumeError(EngineError):
    """The unfinished output found there belongs to another merge, or is damaged."""


class OutOfMemoryError(EngineError):
    """There is not enough memory for the blocks in flight."""


class TooManyFilesError(EngineError):
    """There are more input files than this process may open."""


class NotFiniteError(EngineError):
    """Infinities or NaN were found or made, and the merge was asked to refuse them."""


def printable(text: str) -> str:
    """The text, cut if it is long, without characters that control a terminal or cannot be encoded.

    Names of files and tensors come from strangers.
    """
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
    if short.isprintable():
        return short
    return "".join(map(_shown, short))


def _shown(character: str) -> str:
    if character == "\n" or character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
