"""Texts and words as numbers, given in the order in which they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from registry.search.bitmaps.arrays import within
from registry.search.catalogue.lines import APART
from registry.search.words import END, runs_of, words_in

Whole = NDArray[np.int64]


class Codes(dict[str, int]):
    """The numbers of words, from 1 on; a word that is asked for and new gets the next one."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        super().__init__(zip(words, range(1, 1 + len(words)), strict=True))
        self.words: list[str] = list(words)

    def __missing__(self, word: str) -> int:
        self.words.append(word)
        code = self[word] = len(self.words)
        return code

    def of_texts(self, texts: Iterable[str]) -> Whole:
        """The numbers of the words of texts, with APART after each text.

        Each different run of letters and digits is read once.
        """
        runs = runs_of(texts)
        places = {run: place for place, run in enumerate(dict.fromkeys(runs))}
        of_runs = [
            [APART] if run == END else [self[word] for word in words_in(run)] for run in places
        ]
        ends = np.cumsum([len(each) for each in of_runs])
        flat = np.fromiter(chain.from_iterable(of_runs), np.int64)
        return flat[within(ends, all_of(places, runs))]


class Numbered(dict[str, int]):
    """The numbers of the values of a field. A value that is asked for and new is added to texts,
    which several fields share, and gets its place there; `new` are those that came like this.
    """

    def __init__(self, texts: list[str]) -> None:
        super().__init__()
        self._texts = texts
        self.new: list[int] = []

    def __missing__(self, value: str) -> int:
        number = self[value] = len(self._texts)
        self._texts.append(value)
        self.new.append(number)
        return number


def all_of(numbers: dict[str, int], texts: Iterable[str]) -> Whole:
    """The number of each text."""
    return np.fromiter(map(numbers.__getitem__, texts), np.int64)
