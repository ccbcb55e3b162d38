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
        self.items_of_set, self.scores = items, scores

    @cached_property
    def _by_item(self) -> dict[str, float]:
        return dict(zip(self.items_of_set, self.scores.tolist(), strict=True))

    def __getitem__(self, item: str) -> float:
        return self._by_item[item]

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_of_set)

    def __len__(self) -> int:
        return len(self.items_of_set)


def aligned(sides: Sequence[Mapping[str, float]]) -> list[Scores]:
    """The scores of each side on the items that all have, in one order of these."""
    sets = [each for each in sides if isinstance(each, ItemsOfSet)]
    if len(sets) == len(sides) and all(each.items_of_set is sets[0].items_of_set for each in sets):
        return [each.scores for each in sets]
    common = sorted(set(sides[0]).intersection(*sides[1:]))
    return [np.array([side[item] for item in common], np.float64) for side in sides]
