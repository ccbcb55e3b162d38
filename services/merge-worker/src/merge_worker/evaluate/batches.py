"""Divides the requests of a task into batches: which go through the model together.

The same requests always give the same batches, so that an attempt that continues where another
ended computes with the same neighbours, and gets the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

G = TypeVar("G")
Rows = Callable[[int], int]
"""How many rows of a length in tokens may go through the model together."""


@dataclass(frozen=True)
class Encoded:
    """A text and its continuation as tokens, and the place of the request among all."""

    place: int
    context: tuple[int, ...]
    continuation: tuple[int, ...]

    @property
    def row(self) -> tuple[int, ...]:
        """What the model reads to score the continuation: all but its last token."""
        return self.context + self.continuation[:-1]


@dataclass(frozen=True)
class Batch:
    """The places of requests that are answered together.

    `shared`: their texts have the same length, and each is read once for all its continuations.
    """

    places: tuple[int, ...]
    shared: bool = False

    def key(self, number: int, requests: Sequence[Any]) -> str:
        """A digest of the batch's number and of what its requests ask."""
        asked = [number, self.shared, [requests[place] for place in self.places]]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]

    def halves(self) -> tuple[Batch, Batch]:
        """Two batches instead of one that the device has no memory for; neither is shared."""
        middle = len(self.places) // 2
        return Batch(self.places[:middle]), Batch(self.places[middle:])


def by_row(requests: Iterable[Encoded], rows: Rows) -> list[Batch]:
    """Batches with the longest rows first; requests that need the same row stay together.

    So one row scores all answers that are single tokens, and memory runs out at once or never.
    """
    found = _grouped(requests, lambda each: each.row)
    found.sort(key=lambda group: (-len(group[0].row), group[0].row))
    return [Batch(_places(cut)) for cut in _cut(found, rows, lambda group: len(group[0].row))]


def by_context(requests: Iterable[Encoded], rows: Rows, longest: int) -> list[Batch]:
    """Shared batches of the requests whose texts have several continuations, the longest first.

    The texts of a batch are equally long and have equally many continuations. Whatever cannot be
    shared, since it stands alone or is longer than `longest` tokens, follows by row.
    """
    shared, alone = [], list[Encoded]()
    for group in _grouped(requests, lambda each: each.context):
        fits = all(len(each.row) <= longest for each in group)
        if len(group) > 1 and fits:
            shared.append(group)
        else:
            alone += group
    shared.sort(key=lambda group: (-len(group[0].context), len(group), group[0].context))
    alike = _grouped(shared, lambda group: (len(group[0].context), len(group)))
    batches = [
        Batch(_places(cut), shared=True)
        for groups in alike
        for cut in _cut(groups, _by(len(groups[0]), rows), _longest_row)
    ]
    return batches + by_row(alone, rows)


def by_text(
    texts: Sequence[str], lengths: Sequence[int], kinds: Sequence[Hashable], rows: Rows
) -> list[Batch]:
    """Batches of texts to continue, the longest first; a batch has requests of one kind."""
    batches: list[Batch] = []
    for same in _grouped(range(len(texts)), lambda place: kinds[place]):
        same.sort(key=lambda place: (-lengths[place], texts[place]))
        batches += [Batch(tuple(cut)) for cut in _cut(same, rows, lambda place: lengths[place])]
    return batches


def _by(count: int, rows: Rows) -> Rows:
    """How many groups of `count` rows go together."""
    return lambda length: rows(length) // count


def _longest_row(group: Sequence[Encoded]) -> int:
    return max(len(each.row) for each in group)


def _cut(groups: Sequence[G], rows: Rows, length: Callable[[G], int]) -> Iterator[list[G]]:
    """Divide groups, the longest first, so that no part has more rows than its longest allows."""
    first = 0
    while first < len(groups):
        end = first + max(1, rows(max(1, length(groups[first]))))
        yield list(groups[first:end])
        first = end


def _grouped(each: Iterable[G], key: Callable[[G], Hashable]) -> list[list[G]]:
    groups: dict[Hashable, list[G]] = {}
    for one in each:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _places(groups: Iterable[Iterable[Encoded]]) -> tuple[int, ...]:
    return tuple(each.place for group in groups for each in group)
