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
from registry.search.catalogue.entry import Entry, hashed
from registry.search.catalogue.frequency import Frequency
from registry.search.catalogue.frozen import FrozenPostings
from registry.search.catalogue.kept import Kept
from registry.search.catalogue.parts import Kept as KeptParts
from registry.search.catalogue.parts import Part, Parts, below, texts_of, texts_part
from registry.search.catalogue.parts import within as named
from registry.search.catalogue.postings import Postings, add_pairs
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
        self._words: dict[str, Postings[str]] = {field: Postings() for field in OPEN}
        self._of_entries = Growing(np.int32)
        self._ends = Growing(np.int64)
        self._names = Growing(np.int64)
        self._kept = Kept()
        self._beginnings = {field: Beginnings() for field in self.codes}
        self._beginnings_of_words = {field: Beginnings() for field in OPEN}
        self._counts = Growing(np.int32)
        self._fields = Growing(np.int8)
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
        fields = list(PLACES)
        for code, (text, place) in enumerate(
            zip(values.texts, values._fields.all.tolist(), strict=True)
        ):
            values._know(fields[place], text, code)
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
            **named("postings", self._postings.parts()),
        }

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
        self._names.extend([hashed(entry.name) for entry in entries])

    def _code(self, field: str, text: str) -> int:
        codes = self.codes[field]
        known = codes.get(text)
        if known is not None:
            return known
        code = len(self.texts)
        self.texts.append(text)
        self._counts.extend([0])
        self._fields.extend([PLACES[field]])
        self._know(field, text, code)
        return code

    def _know(self, field: str, text: str, code: int) -> None:
        """Let a value be found."""
        self.codes[field][text] = code
        self._of_field[field].extend([code])
        if field in OPEN:
            for word in set(words_of(text)):
                self._words[field].add(word, code)

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
        if field not in MODELS:
            beginnings = self._beginnings[field]
            return [self.codes[field][text] for text in beginnings.of(self.codes[field], beginning)]
        *whole, last = words_of(beginning) or ("",)
        return self._with_words(field, whole, last)

    def _with_words(self, field: str, whole: Sequence[str], last: str) -> BitMap:
        """The values of an open field that have some words, and one that begins so."""
        words = self._words[field]
        begun = words.any_of(self._beginnings_of_words[field].of(words, last))
        return BitMap.intersection(begun, *map(words.of, whole))

    def naming(self, words: Sequence[str], prefix: bool, among: BitMap, size: int) -> BitMap:
        """Those of some entries with a tag or a model in whose name words follow each other."""
        if prefix:
            *whole, last = words
            begun = (self._with_words(field, whole, last) for field in NAMED)
            codes = self._following(BitMap.union(*begun), words, prefix)
        else:
            having = (map(self._words[field].of, words) for field in NAMED)
            candidates = BitMap.union(*(BitMap.intersection(*each) for each in having))
            codes = self._kept.of(
                ("following", *words),
                len(self.texts),
                lambda begin, end: self._following(
                    candidates & BitMap(range(begin, end)), words, prefix
                ),
            )
        if len(codes) <= MANY:
            return self._postings.any_of(codes) & among
        if prefix:
            return self._with_any(codes, 0, size) & among
        find = partial(self._with_any, codes)
        return self._kept.of(("naming", *words), size, find) & among

    def _following(self, codes: BitMap, words: Sequence[str], prefix: bool) -> BitMap:
        """Those of some values in which words follow each other."""
        line = " ".join(words)
        wanted = f" {line}" if prefix else f" {line} "
        return BitMap(
            [code for code in codes if wanted in f" {' '.join(words_of(self.texts[code]))} "]
        )

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
