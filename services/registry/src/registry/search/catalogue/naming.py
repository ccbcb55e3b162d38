"""The words of the values of a field: which values have them, and where they follow each other."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from pyroaring import BitMap

from mergehub.columns.growing import Growing
from registry.search.bitmaps.arrays import slots_of
from registry.search.bitmaps.postings import Postings
from registry.search.catalogue.beginnings import Beginnings
from registry.search.words import words_of

TOGETHER = 1000  # values are taken in so many at a time, to need little memory


class Naming:
    """The words of the values of one field, each value by its code; codes are added ascending."""

    def __init__(self) -> None:
        self._words: Postings[str] = Postings()
        self._beginnings = Beginnings()
        self._codes = Growing(np.uint32)
        self._lines = bytearray()
        """The words of each value, each between two spaces: one text needs little memory."""
        self._ends = Growing(np.int64)
        self._frequent: tuple[int, list[str]] = 0, []

    def add(self, codes: Sequence[int], texts: Sequence[str]) -> None:
        """Note the words of values."""
        for begin in range(0, len(codes), TOGETHER):
            end = begin + TOGETHER
            self._add(codes[begin:end], list(map(words_of, texts[begin:end])))

    def _add(self, codes: Sequence[int], words: Sequence[Sequence[str]]) -> None:
        lines = [_line(each, " ") for each in words]
        self._ends.extend(len(self._lines) + np.cumsum([len(line) for line in lines], dtype=int))
        self._lines += b"".join(lines)
        self._codes.extend(codes)
        for code, each in zip(codes, words, strict=True):
            for word in set(each):
                self._words.add(word, code)

    def frequent(self, least: int, most: int) -> list[str]:
        """The words that so many values have at least, the most frequent first.

        They are looked for anew when there are a tenth more values.
        """
        size, found = self._frequent
        if len(self._codes) > size + size // 10:
            words = self._words.keys()
            counts = [
                (count, word) for word in words if (count := self._words.count(word)) >= least
            ]
            found = [word for _, word in heapq.nlargest(most, counts)]
            self._frequent = len(self._codes), found
        return found

    def having(self, words: Sequence[str]) -> BitMap:
        """The values that have all of some words."""
        return BitMap.intersection(*map(self._words.of, words))

    def beginning(self, words: Sequence[str]) -> BitMap:
        """The same, if the last word may go on."""
        *whole, last = words
        begun = self._words.any_of(self._beginnings.of(self._words, last))
        return BitMap.intersection(begun, *map(self._words.of, whole))

    def following(self, words: Sequence[str], prefix: bool, least: int = 0) -> BitMap:
        """The values from a code on in which words follow each other, of which the last may go on
        with `prefix`.
        """
        wanted, lines = _line(words, "" if prefix else " "), self._lines
        codes = slots_of(self.beginning(words) if prefix else self.having(words))
        codes = codes[codes >= least]
        rows, ends = np.searchsorted(self._codes.all, codes), self._ends.all
        begins = np.where(rows > 0, ends[rows - 1], 0)
        places = zip(codes.tolist(), begins.tolist(), ends[rows].tolist(), strict=True)
        return BitMap([code for code, begin, end in places if lines.find(wanted, begin, end) >= 0])


def _line(words: Sequence[str], end: str) -> bytes:
    return f" {' '.join(words)}{end}".encode()
