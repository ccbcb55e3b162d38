"""Bitmaps that no longer change, one after the other in an array of bytes, perhaps in a file.

A bitmap is made from its bytes at each question, which takes microseconds. Large ones take longer,
so those that were asked for last are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from mergehub.columns.parts import Kept, Part, Parts, Piece

LARGE, KEPT = 4096, 16
"""A bitmap of so many bytes is large, and so many large ones are kept. None of them has more bytes
than an eighth of the entries.
"""


class Frozen:
    """By key, from 0 on: where the bytes of its bitmap end, and how many slots have it."""

    def __init__(self, data: NDArray[np.uint8], ends: NDArray[Any], counts: NDArray[Any]) -> None:
        self.ends, self.counts = ends, counts
        self._bytes = data.data
        self._large = lru_cache(KEPT)(partial(_read, self._bytes))

    @classmethod
    def kept(cls, kept: Kept) -> Frozen:
        """The bitmaps of parts that `joined` returned."""
        return cls(*(kept[name].all for name in ("data", "ends", "counts")))

    def __len__(self) -> int:
        return len(self.counts)

    def of(self, key: int) -> BitMap | None:
        """The bitmap, not to be changed; None: no slot has the key."""
        if key >= len(self.counts) or not self.counts[key]:
            return None
        begin, end = self.begin(key), int(self.ends[key])
        if end - begin >= LARGE:
            return self._large(begin, end)
        return _read(self._bytes, begin, end)

    def count(self, key: int) -> int:
        """How many slots have a key."""
        return int(self.counts[key]) if key < len(self.counts) else 0

    def begin(self, key: int) -> int:
        """Where the bytes of a key begin."""
        last = min(key, len(self.ends))
        return int(self.ends[last - 1]) if last else 0

    def joined(self, added: Mapping[int, BitMap]) -> Parts:
        """These bitmaps with what was added to some, as parts. Other bytes are not copied."""
        keys = sorted(added)
        size = max(len(self), 1 + max(keys, default=-1))
        lengths, counts = np.zeros(size, np.int64), np.zeros(size, np.int32)
        lengths[: len(self)] = self.ends
        lengths[1 : len(self)] -= self.ends[:-1]
        counts[: len(self)] = self.counts
        pieces: list[Piece] = []
        done = 0
        for key in keys:
            pieces.append(self._bytes[done : self.begin(key)])
            done = self.begin(key + 1)
            written = added[key].serialize()
            pieces.append(written)
            lengths[key], counts[key] = len(written), len(added[key])
        pieces.append(self._bytes[done:])
        return {
            "data": Part(np.uint8, pieces),
            "ends": Part.of(np.cumsum(lengths, out=lengths)),
            "counts": Part.of(counts),
        }


def _read(data: memoryview, begin: int, end: int) -> BitMap:
    return BitMap.deserialize(data[begin:end].tobytes())


NOTHING = Frozen(np.empty(0, np.uint8), np.empty(0, np.int64), np.empty(0, np.int32))
