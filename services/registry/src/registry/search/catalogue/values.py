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

from registry.search.bitmaps.arrays import Growing, Mask, Slots, bitmap, within
from registry.search.bitmaps.frozen import FrozenPostings
from registry.search.bitmaps.parts import Kept as KeptParts
from registry.search.bitmaps.parts import Part, Parts, below, texts_of, texts_part
from registry.search.bitmaps.parts import within as prefixed
from registry.search.bitmaps.postings import add_pairs
from registry.search.catalogue.beginnings import Beginnings
from registry.search.catalogue.entry import Entry, hashed
from registry.search.catalogue.frequency import Frequency
from registry.search.catalogue.kept import Kept
from registry.search.catalogue.naming import Naming
from registry.search.words import words_of

OPEN = ("tag", "base", "ingredient")
"""Fields whose values can be as many as the entries."""
CLOSED = ("method", "domain", "licence", "shape")
PLACES = {field: place for place, field in enumerate((*OPEN, *CLOSED, "owner"))}
MODELS = ("base", "ingredient")
NAMED = ("tag", "ingredient")
"""Fields whose values' words are words of their recipes."""
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
        self._postings = FrozenPostings()
        self._naming = {field: Naming() for field in OPEN}
        self._of_entries = Growing(np.int32)
        self._ends = Growing(np.int64)
        self._names = Growing(np.int64)
        self._kept = Kept()
        self._beginnings = {field: Beginnings() for field in self.codes}
        self._counts = Growing(np.int32)
        self._fields = Growing(np.int8)
        self._new: list[tuple[int, int]] = []
        """The places of the fields of values that are not in the arrays yet, with their codes."""
        self._frequency = {field: Frequency() for field in OPEN}

    @classmethod
    def kept(cls, kept: KeptParts) -> Values:
        """The values of a snapshot."""
        values = cls()
        values.texts = texts_of(kept["texts"])
        values._counts, values._fields = kept["counts"], kept["fields"]
        values._of_entries, values._ends = kept["of_entries"], kept["entry_ends"]
        values._names = kept["names"]
        values._postings = FrozenPostings.kept(below("postings", kept))
        for field, place in PLACES.items():
            codes = np.flatnonzero(values._fields.all == place)
            values._of_field[field].extend(codes)
            for code in codes.tolist():
                values._know(field, values.texts[code], code)
        return values

    def parts(self) -> Parts:
        """All values for a snapshot."""
        return {
            "texts": texts_part(self.texts),
            "counts": Part.of(self._counts.all.copy()),  # they are written in place
            "fields": Part.of(self._fields.all),
            "of_entries": Part.of(self._of_entries.all),
            "entry_ends": Part.of(self._ends.all),
            "names": Part.of(self._names.all),
            **prefixed("postings", self._postings.parts()),
        }

    def add(self, slot: int, entries: Sequence[Entry]) -> None:
        """Add the values of entries that have the slots from this one on."""
        codes: list[int] = []
        ends = []
        for entry in entries:
            codes += [self._code(field, text) for field, text in entry.values()]
            ends.append(len(codes))
        self._extend()
        all_codes = np.array(codes, np.int64)
        slots = np.repeat(np.arange(slot, slot + len(entries)), np.diff(ends, prepend=0))
        add_pairs(self._postings, all_codes, slots.astype(np.uint32))
        np.add.at(self._counts.all, all_codes, 1)
        kept = self._fields.all[all_codes] < len(OPEN)
        self._ends.extend(len(self._of_entries) + np.append(0, np.cumsum(kept))[ends])
        self._of_entries.extend(all_codes[kept])
        self._names.extend([hashed(entry.name) for entry in entries])

    def _extend(self) -> None:
        """Give the new values places in the arrays."""
        for field, place in PLACES.items():
            self._of_field[field].extend([code for at, code in self._new if at == place])
        self._fields.extend([place for place, _ in self._new])
        self._counts.extend(np.zeros(len(self._new), np.int32))
        self._new.clear()

    def _code(self, field: str, text: str) -> int:
        codes = self.codes[field]
        known = codes.get(text)
        if known is not None:
            return known
        code = len(self.texts)
        self.texts.append(text)
        self._know(field, text, code)
        self._new.append((PLACES[field], code))
        return code

    def _know(self, field: str, text: str, code: int) -> None:
        """Let a value be found."""
        self.codes[field][text] = code
        if field in OPEN:
            self._naming[field].add(code, text)

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
        named = self._naming[field].having(words)
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
        if field not in MODELS:
            beginnings = self._beginnings[field]
            return [self.codes[field][text] for text in beginnings.of(self.codes[field], beginning)]
        return self._naming[field].beginning(words_of(beginning) or ("",))

    def naming(self, words: Sequence[str], prefix: bool, among: BitMap, size: int) -> BitMap:
        """Those of some entries with a tag or a model in whose name words follow each other."""
        found = self._following(words, prefix)
        if len(found) <= MANY:
            return self._postings.any_of(found) & among
        if prefix:
            return self._with_any(found, 0, size) & among
        find = partial(self._with_any, found)
        return self._kept.of(("naming", *words), size, find) & among

    def _following(self, words: Sequence[str], prefix: bool) -> BitMap:
        """The tags and models in whose names words follow each other."""

        def find(begin: int, _: int = 0) -> BitMap:
            each = (self._naming[field].following(words, prefix, begin) for field in NAMED)
            return BitMap.union(*each)

        return find(0) if prefix else self._kept.of(("following", *words), len(self.texts), find)

    def named(self, name: str, size: int) -> BitMap:
        """The entries of the first `size` whose recipe has this name, by a hash of 64 bits."""
        wanted = hashed(name)
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
        counts = np.bincount(codes, minlength=1)
        present = np.flatnonzero(counts)
        counts = counts[present]
        fields = self._fields.all[present]
        mine = {field: fields == PLACES[field] for field in OPEN}
        return {
            field: (present[mask].astype(np.int64), counts[mask]) for field, mask in mine.items()
        }
