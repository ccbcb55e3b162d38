"""The manifest of a model: the type, shape and digest of each tensor."""

from __future__ import annotations

from math import prod
from typing import Annotated

from pydantic import Field, StringConstraints

from mergehub.contracts.messages import Message

MOST_TENSORS = 100_000
"""The most tensors in a manifest; the largest known models have about as many."""
MOST_CHARACTERS = 16 << 20
"""The most characters of all their names, so that a report stays within its limit."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
TensorName = Annotated[str, StringConstraints(max_length=500)]


class TensorDigest(Message):
    """One tensor: its type as safetensors names it, its shape, and its digest in hexadecimal.

    The digest covers name, type, shape and bytes.
    """

    dtype: str = Field(max_length=20)
    shape: list[Annotated[int, Field(ge=0, lt=2**63)]] = Field(max_length=16)
    sha256: Sha256


Tensors = Annotated[dict[TensorName, TensorDigest], Field(max_length=MOST_TENSORS)]


def digests_of(tensors: dict[str, TensorDigest]) -> dict[str, str]:
    """The digest of each tensor, by its name."""
    return {name: each.sha256 for name, each in tensors.items()}


def weights_in(tensors: dict[str, TensorDigest]) -> int:
    """The number of weights in all tensors."""
    return sum(prod(each.shape) for each in tensors.values())
