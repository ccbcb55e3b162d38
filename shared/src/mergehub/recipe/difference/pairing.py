"""Which item of one list corresponds to which of another, and which of them moved."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

Key = Callable[[Any], Hashable]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Pairing:
    """Places in both lists that correspond, by the newer place, and those in only one list."""

    pairs: tuple[Pair, ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]


def pairing(old: Sequence[Any], new: Sequence[Any], keys: Sequence[Key]) -> Pairing:
    """Pair the items whose first keys are equal, then of the rest those of equal second keys …

    Equal items are paired in their order, so the work grows only with the length of the lists.
    """
    pairs: list[Pair] = []
    left, right = [*range(len(old))], [*range(len(new))]
    for key in keys:
        found = _equal(old, new, left, right, key)
        pairs += found
        left = _without(left, {i for i, _ in found})
        right = _without(right, {j for _, j in found})
    ordered = sorted(pairs, key=lambda pair: pair[1])
    return Pairing(tuple(ordered), tuple(left), tuple(right))


def whole(item: Any) -> str:
    """The key of items that are the same in all."""
    return json.dumps(item, sort_keys=True)


def moved(pairs: Sequence[Pair]) -> list[Pair]:
    """The fewest pairs without which the others are in the same order in both lists."""
    ends: list[int] = []  # of the ascending sequences of each length, the lowest older place
    lengths = []
    for i, _ in pairs:
        place = bisect_left(ends, i)
        ends[place : place + 1] = [i]
        lengths.append(place)
    stays, wanted = set[Pair](), len(ends) - 1
    for pair, length in zip(reversed(pairs), reversed(lengths), strict=True):
        if length == wanted:
            stays.add(pair)
            wanted -= 1
    return [pair for pair in pairs if pair not in stays]


def _equal(
    old: Sequence[Any], new: Sequence[Any], left: Sequence[int], right: Sequence[int], key: Key
) -> list[Pair]:
    waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for j in right:
        waiting[key(new[j])].append(j)
    found = []
    for i in left:
        if queue := waiting.get(key(old[i])):
            found.append((i, queue.popleft()))
    return found


def _without(places: Sequence[int], taken: set[int]) -> list[int]:
    return [each for each in places if each not in taken]
