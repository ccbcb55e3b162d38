"""The words of the values of a field: which values have them, and where they follow each other."""

from __future__ import annotations

from collections.abc import Sequence

from pyroaring import BitMap

from registry.search.bitmaps.postings import Postings
from registry.search.catalogue.beginnings import Beginnings
from registry.search.words import words_of


class Naming:
    """The words of the values of one field, each value by its code."""

    def __init__(self) -> None:
        self._words: Postings[str] = Postings()
        self._beginnings = Beginnings()
        self._lines: dict[int, str] = {}
        """The words of each value, each between two spaces."""

    def add(self, code: int, text: str) -> None:
        """Note the words of a value."""
        words = words_of(text)
        self._lines[code] = f" {' '.join(words)} "
        for word in set(words):
            self._words.add(word, code)

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
        wanted = f" {' '.join(words)}" if prefix else f" {' '.join(words)} "
        codes = self.beginning(words) if prefix else self.having(words)
        return BitMap([code for code in codes if code >= least and wanted in self._lines[code]])
