"""Signatures and groups of all names, made by blocks of models as names come and change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lineage.memory.arrays import Flags, Integers, Places
from lineage.memory.names import Names
from lineage.search.groups import Groups
from lineage.search.signatures import WORD, Signatures, Words
from lineage.search.trigrams import Keys, ends, trigrams
from lineage.search.words import plain
from mergehub.columns.frozen import Frozen
from mergehub.columns.parts import Kept, Part, Parts, below, within

BLOCK = 4096  # so many names are indexed anew if one of them is,
TOGETHER = 2  # and so many blocks, if they lie beside each other: what they need fits the heap


class Blocks:
    """Which names may have some trigrams. One thread writes while others read."""

    def __init__(self) -> None:
        self._signatures = Signatures()
        self._groups = Groups()
        self._indexed = np.zeros(0, np.int32)  # how many names of each block are indexed,
        self._newest = np.zeros(0, np.uint32)  # and the place of the last one that was stored

    @classmethod
    def kept(cls, kept: Kept) -> Blocks:
        """The blocks of parts."""
        blocks = cls()
        blocks._signatures = Signatures(kept["signatures"].all)
        blocks._groups = Groups(Frozen.kept(below("groups", kept)))
        blocks._indexed, blocks._newest = kept["indexed"].all, kept["newest"].all
        return blocks

    def parts(self) -> Parts:
        """All of it, for a file.

        Signatures are written as they are then. The log has the names of which they come.
        """
        return {
            "signatures": self._signatures.part(len(self._indexed) * BLOCK),
            **within("groups", self._groups.parts()),
            "indexed": Part.of(self._indexed),
            "newest": Part.of(self._newest),
        }

    def candidates(self, keys: Keys, ends: list[int], size: int) -> Words:
        """A bit for each of the first `size` names: whether it may have all keys of both kinds."""
        groups = self._groups.candidates([*keys.tolist(), *ends], size)
        candidates = np.zeros(-(-size // WORD), np.uint32)
        if len(groups):
            candidates[groups] = self._signatures.candidates(keys, groups)
        return candidates

    def follow(self, names: Names, exists: Flags, places: Places) -> None:
        """Index the blocks with new names; a model that exists has its name at its place."""
        begins = np.arange(0, len(exists), BLOCK)
        indexed = np.add.reduceat(exists, begins, dtype=np.int32)
        newest = np.maximum.reduceat(places, begins)
        new = np.ones(len(begins), np.bool_)
        known = min(len(self._indexed), len(begins))
        new[:known] = indexed[:known] != self._indexed[:known]
        new[:known] |= newest[:known] != self._newest[:known]
        for begin, end in _runs(np.flatnonzero(new)):
            some = slice(begin * BLOCK, end * BLOCK)
            self._index(names, some, np.flatnonzero(exists[some]), places[some])
        self._indexed, self._newest = indexed, newest

    def _index(self, names: Names, some: slice, rows: Integers, places: Places) -> None:
        lines = plain(names.lines_at(places[rows]))
        text = b"\n" + lines
        at, keys = trigrams(text)
        line = np.cumsum(np.frombuffer(text, np.uint8) == ord("\n"), dtype=np.int32) - 1
        has = rows[line[at]]
        self._signatures.write(some.start, some.stop - some.start, has, keys)
        at, edges = ends(lines)
        both = np.concatenate((has, rows[at])), np.concatenate((keys, edges))
        self._groups.write(some.start, *both)


def _runs(blocks: Integers) -> Iterator[tuple[int, int]]:
    """Blocks that lie beside each other, a few at a time: the first, and the one after the last."""
    starts = np.flatnonzero(np.diff(blocks, prepend=-2) != 1)
    for run in np.split(blocks, starts[1:]):
        for some in np.split(run, range(TOGETHER, len(run), TOGETHER)):
            if len(some):
                yield int(some[0]), int(some[-1]) + 1
