"""The values of all entries: who has a value of a field, and which values an entry has.

From a value to its entries lead bitmaps. Fields of few values need no more, as all values can be
counted. Of fields that have many, each entry's values lie in an array as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from mergehub.columns.growing import Growing
from mergehub.columns.parts import Kept as KeptParts
from mergehub.columns.parts import Part, Parts, below, texts_of, texts_part
from mergehub.columns.parts import within as prefixed
from registry.search.bitmaps.arrays import Mask, Slots, bitmap, slots_of, within
from registry.search.bitmaps.frozen import FrozenPostings
from registry.search.bitmaps.postings import add_pairs
from registry.search.catalogue.beginnings import Beginnings
from registry.search.catalogue.codes import Numbered, all_of
from registry.search.catalogue.entry import VALUES, Entry, hashed
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
PREPARED = 24  # words of bases whose entries are found before anybody asks
FEW = 20_000  # entries whose models are looked through instead
SPARSE = 16  # of fewer than one of so many values, sorting is faster than a count for each value
AT_ONCE = 1 << 16  # entries, to need little memory

Codes = NDArray[np.int64]
Counted = tuple[Codes, Codes]
"""Codes of values, and as many counts."""


class Values:
    """The values of entries, by slot. Each value of a field is a code."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.codes = {field: Numbered(self.texts) for field in PLACES}
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
        self._frequency = {field: Frequency() for field in OPEN}

    @classmethod
    def kept(cls, kept: KeptParts) -> Values:
        """The values of a snapshot."""
        values = cls()
        values.texts += texts_of(kept["texts"])
        values._counts, values._fields = kept["counts"], kept["fields"]
        values._of_entries, values._ends = kept["of_entries"], kept["entry_ends"]
        values._names = kept["names"]
        values._postings = FrozenPostings.kept(below("postings", kept))
        for field, place in PLACES.items():
            codes = np.flatnonzero(values._fields.all == place)
            values._of_field[field].extend(codes)
            texts = [values.texts[code] for code in codes.tolist()]
            values.codes[field].update(zip(texts, codes.tolist(), strict=True))
            if field in OPEN:
                values._naming[field].add(codes.tolist(), texts)
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
        codes, slots = self._of_all(entries)
        self._extend()
        add_pairs(self._postings, codes, (slots + slot).astype(np.uint32))
        np.add.at(self._counts.all, codes, 1)
        kept = self._fields.all[codes] < len(OPEN)
        self._ends.extend(
            len(self._of_entries) + np.cumsum(np.bincount(slots[kept], minlength=len(entries)))
        )
        self._of_entries.extend(codes[kept])
        self._names.extend([hashed(entry.name) for entry in entries])

    def _of_all(self, entries: Sequence[Entry]) -> tuple[Codes, Codes]:
        """The codes of all values of entries, and the place of each one's entry, ascending."""
        codes, places = [], []
        for field, values_of in VALUES.items():
            values = [values_of(entry) for entry in entries]
            codes.append(all_of(self.codes[field], chain.from_iterable(values)))
            places.append(np.repeat(np.arange(len(values)), [len(each) for each in values]))
        at = np.concatenate(places)
        order = np.argsort(at, kind="stable")
        return np.concatenate(codes)[order], at[order]

    def _extend(self) -> None:
        """Give the new values places in the arrays, and let them be found."""
        begin = len(self._fields)
        fields = np.empty(len(self.texts) - begin, np.int8)
        for field, place in PLACES.items():
            fields[np.array(self.codes[field].new, np.int64) - begin] = place
        self._counts.extend(np.zeros(len(fields), np.int32))
        for field, codes in self.codes.items():
            self._of_field[field].extend(codes.new)
            if field in OPEN:
                self._naming[field].add(codes.new, [self.texts[code] for code in codes.new])
            codes.new.clear()
        self._fields.extend(fields)  # last: so many values are found by their words

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

    def having(self, field: str, value: str, size: int, among: BitMap | None = None) -> BitMap:
        """The entries that have a value; of a model, words of its name are enough.

        With `among`, those that are not among some entries may be missing.
        """
        named = self._meant(field, value)
        if len(named) <= (MANY if field in MODELS else 1):
            return self._postings.any_of(named)
        if among is not None and len(among) <= FEW:
            return self._among(named, among)
        find = partial(self._with_any, named)
        return self._kept.of((field, frozenset(words_of(value))), size, find)

    def prepare(self, size: int) -> None:
        """Find the entries of the bases that are asked for the most, so that no question waits."""
        for word in self._naming["base"].frequent(MANY, PREPARED):
            self.having("base", word, size)

    def has(self, field: str, value: str, among: BitMap) -> bool:
        """Whether any of some entries has a value, or a model whose name has these words."""
        return any(self.of(code).intersect(among) for code in self._meant(field, value))

    def _meant(self, field: str, value: str) -> BitMap:
        """The values that a value of a query means."""
        words = words_of(value)
        if field in MODELS and words:
            return self._naming[field].having(words)
        code = self.codes[field].get(value)
        return BitMap() if code is None else BitMap((code,))

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
        if len(among) <= FEW:
            return self._among(found, among)
        if prefix:
            return self._with_any(found, 0, size) & among
        find = partial(self._with_any, found)
        return self._kept.of(("naming", *words), size, find) & among

    def _following(self, words: Sequence[str], prefix: bool) -> BitMap:
        """The tags and models in whose names words follow each other."""

        def find(begin: int, _: int = 0) -> BitMap:
            each = (self._naming[field].following(words, prefix, begin) for field in NAMED)
            return BitMap.union(*each)

        return find(0) if prefix else self._kept.of(("following", *words), len(self._fields), find)

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
        allowed, found, ends = self._allowed(wanted), BitMap(), self._ends.all
        for slot in range(begin, end, AT_ONCE):
            until = ends[slot : min(slot + AT_ONCE, end)]
            start = int(ends[slot - 1]) if slot else 0
            places = np.flatnonzero(allowed.take(self._of_entries.all[start : int(until[-1])]))
            found |= bitmap(slot + np.searchsorted(until - start, places, side="right"))
        return found

    def _among(self, wanted: BitMap, among: BitMap) -> BitMap:
        """Those of a few entries that have any of the values."""
        ends, slots = self._ends.all, slots_of(among).astype(np.int64)
        has = self._allowed(wanted)[self._of_entries.all[within(ends, slots)]]
        lengths = ends[slots] - np.where(slots > 0, ends[slots - 1], 0)
        return bitmap(slots[_having(has, np.cumsum(lengths))])

    def _allowed(self, wanted: BitMap) -> Mask:
        allowed: Mask = np.zeros(len(self.texts), np.bool_)
        allowed[slots_of(wanted)] = True
        return allowed

    def counted(self, slots: Slots) -> dict[str, Counted]:
        """The values of the open fields that some entries have, and how many have each."""
        codes = self._of_entries.all[within(self._ends.all, slots)]
        if len(codes) < len(self.texts) // SPARSE:
            present, counts = np.unique(codes, return_counts=True)
        else:
            every = np.bincount(codes, minlength=1)
            present = np.flatnonzero(every)
            counts = every[present]
        fields = self._fields.all[present]
        mine = {field: fields == PLACES[field] for field in OPEN}
        return {
            field: (present[mask].astype(np.int64), counts[mask]) for field, mask in mine.items()
        }


def _having(has: Mask, ends: NDArray[np.int64]) -> NDArray[np.intp]:
    """Which parts of a mask, each of which ends at one of `ends`, have anything."""
    return np.flatnonzero(np.diff(np.append(0, np.cumsum(has))[ends], prepend=0))
