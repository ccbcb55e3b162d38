"""The files beside the weights of a model, by digest, and how those of two merges differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from mergehub.contracts.messages import Message
from mergehub.contracts.provenance.tensors import Sha256

MOST_FILES = 1000
FileName = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Companions = Annotated[
    dict[FileName, Sha256],
    Field(
        max_length=MOST_FILES,
        description="The SHA-256 of each file beside the weights: configuration, tokenizer and "
        "what was copied, but not the recipe, the lock, the card, the manifest and signatures. "
        "Empty from older workers.",
    ),
]


class FileDifference(Message):
    """A file that is not the same again; null where a merge does not have it."""

    name: FileName
    made: Sha256 | None = Field(description="Its SHA-256 as the run made it.")
    again: Sha256 | None = Field(description="Its SHA-256 as it was made again.")


def differing(
    made: Mapping[str, str] | None, again: Mapping[str, str] | None
) -> list[FileDifference] | None:
    """The files that differ, by name; None if either side is not known."""
    if not made or not again:
        return None
    return [
        FileDifference(name=name, made=made.get(name), again=again.get(name))
        for name in sorted(made.keys() | again.keys())
        if made.get(name) != again.get(name)
    ]
