"""Item scores of models that were measured on the same items, which need no look at the items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


class ItemsOfSet(Mapping[str, float]):
    """Scores by item, in the order of a sorted list of items that others have, too."""

    def __init__(self, items: Sequence[str], scores: Scores) -> None:
        self.items_of_set, self._scores = items, scores

    @property
    def scores(self) -> Scores:
        """The scores, in the order of the items."""
        return self._scores

    @cached_property
    def right(self) -> int | None:
        """The items that are right as the bits of a number; None if any is only partly right."""
        right = self.scores == 1
        if not (right | (self.scores == 0)).all():
            return None
        return bits(np.packbits(right).tobytes(), len(right))

    @cached_property
    def _by_item(self) -> dict[str, float]:
        return dict(zip(self.items_of_set, self.scores.tolist(), strict=True))

    def __getitem__(self, item: str) -> float:
        return self._by_item[item]

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_of_set)

    def __len__(self) -> int:
        return len(self.items_of_set)


class RightOrWrong(ItemsOfSet):
    """Items that are each right or wrong, packed as `numpy.packbits` does."""

    def __init__(self, items: Sequence[str], packed: bytes) -> None:
        self.items_of_set, self._packed = items, packed

    @cached_property
    def scores(self) -> Scores:
        packed = np.frombuffer(self._packed, np.uint8)
        return np.unpackbits(packed, count=len(self)).astype(np.float64)

    @cached_property
    def right(self) -> int:
        return bits(self._packed, len(self))


def bits(packed: bytes, items: int) -> int:
    """A number with one bit for each item, the first item's the highest."""
    return int.from_bytes(packed, "big") >> -items % 8


def aligned(sides: Sequence[Mapping[str, float]]) -> list[ItemsOfSet]:
    """Each side on the items that all have, in one order of these."""
    sets = [each for each in sides if isinstance(each, ItemsOfSet)]
    if len(sets) == len(sides) and all(each.items_of_set is sets[0].items_of_set for each in sets):
        return sets
    common = sorted(set(sides[0]).intersection(*sides[1:]))
    return [
        ItemsOfSet(common, np.array([side[item] for item in common], np.float64)) for side in sides
    ]


def right_in(several: Sequence[int], items: int) -> list[int]:
    """The items that exactly 0, 1, 2 and so on of these have right, each as bits."""
    exactly = [(1 << items) - 1] + [0] * len(several)
    for right in several:
        one_more = [0, *(each & right for each in exactly[:-1])]
        exactly = [(each & ~right) | more for each, more in zip(exactly, one_more, strict=True)]
    return exactly
