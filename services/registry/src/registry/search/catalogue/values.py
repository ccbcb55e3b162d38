"""The values of all entries: who has a value of a field, and which values an entry has.

From a value to its entries lead bitmaps. Fields of few values need no more, as all values can be
counted. Of fields that have many, each entry's values lie in an array as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.catalogue.arrays import Growing, Mask, Slots, bitmap, within
from registry.search.catalogue.beginnings import Beginnings
from registry.search.catalogue.entry import Entry
from registry.search.catalogue.frequency import Frequency
from registry.search.catalogue.kept import Kept
from registry.search.catalogue.postings import Postings, add_pairs
from registry.search.words import words_of

OPEN = ("tag", "base", "ingredient")
"""Fields whose values can be as many as the entries."""
CLOSED = ("method", "domain", "licence", "shape")
PLACES = {field: place for place, field in enumerate((*OPEN, *CLOSED, "owner"))}
MODELS = ("base", "ingredient")
MANY = 500  # models whose bitmaps are not joined at each question

Codes = NDArray[np.int64]
Counted = tuple[Codes, Codes]
"""Codes of values, and as many counts."""


class Values:
    """The values of entries, by slot. Each value of a field is a code."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, int]] = {field: {} for field in (*OPEN, *CLOSED, "owner")}
        self.texts: list[str] = []
        self._of_field = {field: Growing(np.int64) for field in self.codes}
        self._postings: Postings[int] = Postings()
        self._words: dict[str, Postings[str]] = {field: Postings() for field in MODELS}
        self._of_entries = Growing(np.int32)
        self._ends = Growing(np.int64)
        self._names = Growing(np.int64)
        self._kept = Kept()
        self._beginnings = {field: Beginnings() for field in self.codes}
        self._counts = Growing(np.int32)
        self._fields = Growing(np.int8)
        self._frequency = {field: Frequency() for field in OPEN}

    def add(self, slot: int, entries: Sequence[Entry]) -> None:
        """Add the values of entries that have the slots from this one on."""
        codes: list[int] = []
        ends = []
        for entry in entries:
            codes += [self._code(field, text) for field, text in entry.values()]
            ends.append(len(codes))
        all_codes = np.array(codes, np.int64)
        slots = np.repeat(np.arange(slot, slot + len(entries)), np.diff(ends, prepend=0))
        add_pairs(self._postings, all_codes, slots.astype(np.uint32))
        np.add.at(self._counts.all, all_codes, 1)
        kept = self._fields.all[all_codes] < len(OPEN)
        self._ends.extend(len(self._of_entries) + np.append(0, np.cumsum(kept))[ends])
        self._of_entries.extend(all_codes[kept])
        self._names.extend([hash(entry.name) for entry in entries])

    def _code(self, field: str, text: str) -> int:
        codes = self.codes[field]
        known = codes.get(text)
        if known is not None:
            return known
        code = len(self.texts)
        self.texts.append(text)
        codes[text] = code
        self._counts.extend([0])
        self._fields.extend([PLACES[field]])
        self._of_field[field].extend([code])
        if field in MODELS:
            for word in set(words_of(text)):
                self._words[field].add(word, code)
        return code

    def of(self, code: int) -> BitMap:
        """The entries that have a value. Not to be changed."""
        return self._postings.of(code)

    def of_entry(self, field: str, slot: int) -> list[str]:
        """The values of an open field that an entry has."""
        begin, end = (int(self._ends.all[slot - 1]) if slot else 0), int(self._ends.all[slot])
        codes = self._of_entries.all[begin:end].tolist()
        texts = [(code, self.texts[code]) for code in codes]
        return [text for code, text in texts if self.codes[field].get(text) == code]

    def of_entries(self, field: str, slots: NDArray[np.int64]) -> tuple[Codes, Codes]:
        """The values of an open field that some entries have: the entry's place among `slots`, and
        the code.
        """
        ends = self._ends.all
        lengths = ends[slots] - np.where(slots > 0, ends[slots - 1], 0)
        places = np.repeat(np.arange(len(slots)), lengths)
        codes = self._of_entries.all[within(ends, slots)]
        mine = self._fields.all[codes] == PLACES[field]
        return places[mine], codes[mine].astype(np.int64)

    def codes_of(self, field: str) -> Codes:
        """The codes of a field's values, in the order in which they came."""
        return self._of_field[field].all

    def having(self, field: str, value: str, size: int) -> BitMap:
        """The entries that have a value; of a model, words of its name are enough."""
        words = words_of(value)
        if field not in MODELS or not words:
            code = self.codes[field].get(value)
            return BitMap() if code is None else self.of(code)
        postings = self._words[field]
        named = BitMap.intersection(*map(postings.of, words))
        if len(named) <= MANY:
            return self._postings.any_of(named)
        find = partial(self._with_any, named)
        return self._kept.of((field, frozenset(words)), size, find)

    def beginning_with(self, field: str, beginning: str) -> Iterable[tuple[int, int]]:
        """The values that begin so, or a word of which does, if they are models.

        Each comes after how many entries have it at most, and these numbers fall.
        """
        if not beginning and field in OPEN:
            return self.by_frequency(field)
        codes = self._beginning_with(field, beginning.lower())
        return sorted(((self._postings.count(code), code) for code in codes), reverse=True)

    def _beginning_with(self, field: str, beginning: str) -> Iterable[int]:
        beginnings = self._beginnings[field]
        if field not in MODELS:
            return [self.codes[field][text] for text in beginnings.of(self.codes[field], beginning)]
        *whole, last = words_of(beginning) or ("",)
        words = self._words[field]
        begun = words.any_of(beginnings.of(words, last))
        return BitMap.intersection(begun, *map(words.of, whole))

    def named(self, name: str, size: int) -> BitMap:
        """The entries of the first `size` whose recipe has this name, by a hash of 64 bits."""
        wanted = hash(name)
        return bitmap(np.flatnonzero(self._names.first(size) == wanted))

    def by_frequency(self, field: str) -> Iterator[tuple[int, int]]:
        """The values of an open field, each after how many entries have it at most, falling."""
        return self._frequency[field].falling(
            self.codes_of(field), self._counts.all, len(self._ends)
        )

    def _with_any(self, wanted: BitMap, begin: int, end: int) -> BitMap:
        """The entries from one slot up to another that have any of the values."""
        allowed: Mask = np.zeros(len(self.texts), np.bool_)
        allowed[np.array(wanted.to_array())] = True
        ends = self._ends.all[:end]
        start = int(ends[begin - 1]) if begin else 0
        found = start + np.flatnonzero(allowed[self._of_entries.all[start : int(ends[end - 1])]])
        return bitmap(np.unique(np.searchsorted(ends, found, side="right")))

    def counted(self, slots: Slots) -> dict[str, Counted]:
        """The values of the open fields that some entries have, and how many have each."""
        codes = self._of_entries.all[within(self._ends.all, slots)]
        if len(codes) > len(self.texts):
            counts = np.bincount(codes)
            present = np.flatnonzero(counts)
            counts = counts[present]
        else:
            present, counts = np.unique(codes, return_counts=True)
        fields = self._fields.all[present]
        mine = {field: fields == PLACES[field] for field in OPEN}
        return {
            field: (present[mask].astype(np.int64), counts[mask]) for field, mask in mine.items()
        }
