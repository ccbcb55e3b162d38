"""The values of a field from the most frequent on, sorted again when enough has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GROWN = 1000  # so many entries more, and the values are sorted again


@dataclass(frozen=True)
class _Sorted:
    """Values and how many entries had them, when there were `size` entries."""

    pairs: Sequence[tuple[int, int]]
    size: int


class Frequency:
    """How frequent the values of one field are at most."""

    def __init__(self) -> None:
        self._sorted = _Sorted([], -GROWN)

    def falling(
        self, codes: NDArray[np.int64], counts: NDArray[np.int32], size: int
    ) -> Iterator[tuple[int, int]]:
        """Each value after a number that is at least its count, and never rises.

        `codes` are all values, those that have come last at the end; `counts` is by code.
        """
        known = self._sorted
        if size >= known.size + GROWN:
            of_field = counts[codes]
            order = np.argsort(-of_field, kind="stable")
            pairs = list(zip(of_field[order].tolist(), codes[order].tolist(), strict=True))
            known = self._sorted = _Sorted(pairs, size)
        yield from ((size, code) for code in codes[len(known.pairs) :].tolist())
        added = size - known.size
        yield from ((count + added, code) for count, code in known.pairs)
