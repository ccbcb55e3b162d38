"""Models found by a part of their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from leaderboard.memory.arrays import NOTHING, Flags, Integers, Numbers, frozen
from leaderboard.memory.columns import ModelColumns

PARTS = 64
"""Parts of names whose models are kept: a page asks for the rows, the facets and the points."""


class _Names(NamedTuple):
    """The names of models one after the other, and which of these have a part in their names.

    `text` has a line for each of `names`, and `model` its index for each byte.
    """

    of: object
    names: Sequence[str]
    text: bytes
    model: Numbers
    containing: Callable[[str], Flags]


class Search:
    """Finds models by a part of their name; keeps all names in one piece of memory."""

    def __init__(self) -> None:
        self._names = _names(None, [], b"", NOTHING, 0)

    def look(self, models: ModelColumns) -> _Names:
        """Take the names of these models, unless they are those that are here."""
        known = self._names
        if known.of is not models.rank:
            same = known.names is models.names  # but for later ones, as no name is another
            begin = int(known.model[-1]) + 1 if same and len(known.model) else 0
            lines = [name.lower().encode() for name in models.names[begin : len(models)]]
            every = np.arange(begin, len(models), dtype=np.int32)
            model = np.repeat(every, [len(line) + 1 for line in lines])
            text = b"\n".join([*lines, b""])
            if begin:
                text, model = known.text + text, np.concatenate([known.model, model])
            self._names = _names(models.rank, models.names, text, model, len(models))
        return self._names

    def containing(self, models: ModelColumns, part: str) -> Flags:
        """Which models have `part` in their names, in any case."""
        return self.look(models).containing(part.lower())


def _names(of: object, names: Sequence[str], text: bytes, model: Numbers, size: int) -> _Names:
    find = partial(_containing, text, model, size)
    return _Names(of, names, text, model, lru_cache(PARTS)(find))


def _containing(text: bytes, model: Numbers, size: int, part: str) -> Flags:
    """Which models have `part` in their lines of `text`; each byte is of a `model`."""
    found = np.zeros(size, np.bool_)
    found[model[_places(text, part.encode("utf-8", "surrogatepass"))]] = True
    return frozen(found)


def _places(text: bytes, part: bytes) -> Integers:
    """Where `part` begins in `text`: the places of its rarest byte, then those of the others."""
    data = np.frombuffer(text, np.uint8)
    if not len(data) or b"\n" in part:
        return np.empty(0, np.int64)
    sample = np.bincount(data[: 1 << 16], minlength=256)
    order = sorted(range(len(part)), key=lambda at: sample[part[at]])
    places = np.flatnonzero(data == part[order[0]]) - order[0]
    places = places[(places >= 0) & (places <= len(data) - len(part))]
    for at in order[1:]:
        same = data[at:][places] == part[at]
        if not same.all():
            places = places[same]
    return places
