"""What a file of arrays keeps: arrays by their names; texts are one of them, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mergehub.columns.growing import Growing

Piece = memoryview | bytes
AT_ONCE = 4 << 20


@dataclass(frozen=True)
class Part:
    """An array in pieces, which are asked for once."""

    dtype: type[np.generic] | np.dtype[Any]
    pieces: Iterable[Piece]

    @classmethod
    def of(cls, array: NDArray[Any]) -> Part:
        """An array as it is now, if its rows are not changed any more."""
        return cls(array.dtype, [array.data])

    @classmethod
    def changing(cls, array: NDArray[Any]) -> Part:
        """An array as it is when it is written, a piece at a time."""
        rows = AT_ONCE // array.itemsize
        pieces = (array[at : at + rows].tobytes() for at in range(0, len(array), rows))
        return cls(array.dtype, pieces)


Parts = dict[str, Part]
Kept = Mapping[str, Growing]
"""The parts of a snapshot as they are read."""


def texts_part(texts: Sequence[str]) -> Part:
    """Texts as a part."""
    return Part(np.uint8, [json.dumps(list(texts)).encode()])


def texts_of(kept: Growing) -> list[str]:
    """The texts of a part."""
    texts: list[str] = json.loads(kept.all.tobytes())
    return texts


def within(name: str, parts: Parts) -> Parts:
    """Parts whose names begin with another name and a dot."""
    return {f"{name}.{each}": part for each, part in parts.items()}


def below(name: str, kept: Kept) -> Kept:
    """The parts that `within` named so, by their own names."""
    begin = f"{name}."
    return {each.removeprefix(begin): kept[each] for each in kept if each.startswith(begin)}


def in_memory(parts: Parts) -> Kept:
    """The parts as they would be read from a snapshot."""
    return {
        name: Growing.of(np.frombuffer(bytearray().join(part.pieces), part.dtype))
        for name, part in parts.items()
    }
