"""The words of all entries: which have a word, in which text, and which words follow others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyroaring import BitMap

from registry.search.catalogue.arrays import slots_of
from registry.search.catalogue.beginnings import Beginnings
from registry.search.catalogue.entry import WEIGHTS, Entry
from registry.search.catalogue.kept import Kept
from registry.search.catalogue.lines import APART, Allowed, Lines, character
from registry.search.catalogue.postings import Postings, add_pairs
from registry.search.spelling.vocabulary import Near, Vocabulary

KINDS = len(WEIGHTS)
FEW = 20_000  # entries that are looked through at each question; more are remembered


class Texts:
    """The words of entries, by slot. Each entry has a word in the best of its texts only."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.words: list[str] = []
        self._postings: Postings[int] = Postings()
        self._lines = Lines()
        self._kept = Kept()
        self._beginnings = Beginnings()
        self._vocabulary = Vocabulary()
        self.few = FEW

    def add(self, slot: int, entries: Sequence[Entry]) -> None:
        """Add the texts of entries that have the slots from this one on."""
        keys: list[int] = []
        counts, lines = [], []
        for entry in entries:
            best, line = self._read(entry)
            keys += [code * KINDS + kind for code, kind in best.items()]
            counts.append(len(best))
            lines.append(line)
        slots = np.repeat(np.arange(slot, slot + len(entries), dtype=np.uint32), counts)
        add_pairs(self._postings, np.array(keys, np.int64), slots)
        self._lines.add(lines)

    def _read(self, entry: Entry) -> tuple[dict[int, int], str]:
        """The best place of each word, and the line."""
        best: dict[int, int] = {}
        parts = []
        for kind, words in entry.parts():
            codes = [self.codes.get(word) or self._new(word) for word in words]
            best.update(dict.fromkeys(codes, kind))
            parts.append("".join(map(character, codes)))
        return best, APART.join(parts) + APART

    def _new(self, word: str) -> int:
        self.words.append(word)
        code = self.codes[word] = len(self.words)  # from 1
        return code

    def places(self, word: str) -> list[BitMap]:
        """The entries that have a word in each kind of text, none of them twice."""
        code = self.codes.get(word, 0)
        return [self._postings.of(code * KINDS + kind) for kind in range(KINDS)]

    def places_of_prefix(self, prefix: str) -> list[BitMap]:
        """The entries that have a word that begins so, in each kind of text."""
        codes = [self.codes[word] for word in self.beginning_with(prefix)]
        return [
            self._postings.any_of(code * KINDS + kind for code in codes) for kind in range(KINDS)
        ]

    def count(self, word: str) -> int:
        """How many entries have had a word, those included that nobody sees."""
        code = self.codes.get(word, 0)
        return sum(self._postings.count(code * KINDS + kind) for kind in range(KINDS))

    def prepare_spelling(self) -> None:
        """Take in the new words, from which those near a word are found."""
        self._vocabulary.follow(self.words)

    def near(self, word: str) -> list[Near]:
        """The words that may have been meant by a word, also those of entries that nobody sees."""
        self.prepare_spelling()
        return self._vocabulary.near(word)

    def following(
        self, words: Sequence[str], prefix: bool, candidates: BitMap, size: int
    ) -> BitMap:
        """Those of the candidates, which have all of these words, where they follow each other."""
        phrase: list[Allowed] = [self.codes[word] for word in words[: len(words) - prefix]]
        if prefix:
            allowed = np.zeros(len(self.codes) + 1, np.bool_)
            allowed[[self.codes[word] for word in self.beginning_with(words[-1])]] = True
            phrase.append(allowed)
        if prefix or len(candidates) <= self.few:
            return self._lines.among(phrase, slots_of(candidates))
        found = self._kept.of(
            tuple(words), size, lambda begin, end: self._lines.between(phrase, begin, end)
        )
        return found & candidates

    def beginning_with(self, prefix: str) -> list[str]:
        """The words that begin so, in no order."""
        return self._beginnings.of(self.codes, prefix)
