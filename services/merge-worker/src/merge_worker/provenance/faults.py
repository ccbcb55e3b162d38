"""What is wrong with the folder of a model, file by file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

NAMED = 5
"""How many of many things a sentence names."""

State = Literal["none", "holds", "fails", "not checked"]
Kind = Literal["changed", "missing", "additional", "unreadable", "not trusted"]


@dataclass(frozen=True)
class Fault:
    """A file by its path in the folder, what is wrong with it, and details in a sentence."""

    file: str
    fault: Kind
    detail: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check; a model without faults is as its statement says.

    `key` is the id of the key that signed the statement, if the signature holds. `files` is how
    many files the statement covers; `output_digest` is that of the tensors in the folder, or None
    if they cannot be read. `model_signature` says whether `model.sig` holds, and
    `model_signature_reason` why it was not checked.
    """

    key: str | None
    run: str | None
    finished: str | None
    files: int
    output_digest: str | None
    faults: tuple[Fault, ...]
    model_signature: State = "none"
    model_signature_reason: str | None = None


def listing(names: Iterable[str]) -> str:
    """The first names of many, and how many more there are."""
    rest = iter(names)
    said = ", ".join(islice(rest, NAMED))
    more = sum(1 for _ in rest)
    return f"{said} and {more} more" if more else said
