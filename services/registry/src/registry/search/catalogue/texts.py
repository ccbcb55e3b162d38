"""The words of all entries: which have a word, in which text, and which words follow others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from mergehub.columns.parts import Kept as KeptParts
from mergehub.columns.parts import Parts, below, texts_of, texts_part, within
from registry.search.bitmaps.arrays import slots_of
from registry.search.bitmaps.frozen import FrozenPostings
from registry.search.bitmaps.postings import add_pairs
from registry.search.catalogue.beginnings import Beginnings
from registry.search.catalogue.codes import Codes
from registry.search.catalogue.entry import DESCRIPTION, TITLE, WEIGHTS, Entry
from registry.search.catalogue.kept import Kept
from registry.search.catalogue.lines import APART, Allowed, Lines
from registry.search.spelling.vocabulary import Near, Vocabulary

KINDS = len(WEIGHTS)
Whole = NDArray[np.int64]
FEW = 20_000  # entries that are looked through at each question; more are remembered


class Texts:
    """The words of entries, by slot. Each entry has a word in the best of its texts only."""

    def __init__(self) -> None:
        self.codes = Codes()
        self._postings = FrozenPostings()
        self._lines = Lines()
        self._kept = Kept()
        self._beginnings = Beginnings()
        self._vocabulary = Vocabulary()
        self.few = FEW

    @classmethod
    def kept(cls, kept: KeptParts) -> Texts:
        """The texts of a snapshot."""
        texts = cls()
        texts.codes = Codes(texts_of(kept["words"]))
        texts._postings = FrozenPostings.kept(below("postings", kept))
        texts._lines = Lines.kept(below("lines", kept))
        texts._vocabulary = Vocabulary.kept(below("spelling", kept), texts.words)
        return texts

    def parts(self) -> Parts:
        """All texts for a snapshot."""
        return {
            "words": texts_part(self.words),
            **within("postings", self._postings.parts()),
            **within("lines", self._lines.parts()),
            **within("spelling", self._vocabulary.parts(self.words)),
        }

    @property
    def words(self) -> list[str]:
        """All words, in the order in which they came."""
        return self.codes.words

    def add(self, slot: int, entries: Sequence[Entry]) -> None:
        """Add the texts of entries that have the slots from this one on."""
        kinds: list[int] = []
        texts: list[str] = []
        ends = []
        for entry in entries:
            for kind, text in entry.parts():
                kinds.append(kind)
                texts.append(text)
            ends.append(len(texts))
        codes = self.codes.of_texts(texts)
        text_ends = np.append(0, 1 + np.flatnonzero(codes == APART))  # APART is after each text
        of_part = np.repeat(np.array(kinds), np.diff(text_ends))
        in_line = (of_part == TITLE) | (of_part == DESCRIPTION)  # names are found by the values
        line_ends = text_ends[ends]
        self._lines.add(codes[in_line], np.append(0, np.cumsum(in_line))[line_ends])
        slots = np.repeat(np.arange(len(entries)), np.diff(line_ends, prepend=0))
        keys, at = _best(codes, slots, of_part)
        add_pairs(self._postings, keys, (at + slot).astype(np.uint32))

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
        """Those of some entries, which have all of these words, in whose title, name or
        description they follow each other.
        """
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


def _best(codes: Whole, slots: Whole, kinds: Whole) -> tuple[Whole, Whole]:
    """Each word of each entry once, with the best kind of text that has it; and the entries."""
    count = 1 + int(slots[-1])
    whole = np.sort((codes * count + slots) * KINDS + kinds)
    pairs, kind = np.divmod(whole[np.searchsorted(whole, count * KINDS) :], KINDS)  # not APART
    first = np.diff(pairs, prepend=-1) > 0
    code, slot = np.divmod(pairs[first], count)
    return code * KINDS + kind[first], slot
