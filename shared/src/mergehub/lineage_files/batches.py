"""Rows in the batches in which a hub takes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .rows import Edge, Facts, body_of

MOST_ROWS = 10_000
MOST_BYTES = 3_000_000
FIELDS = 150
"""About how many bytes the names of a row's fields and its short values are."""


class Place(NamedTuple):
    """Where a row is written."""

    file: str
    line: int | None


@dataclass
class Batch:
    """The bodies of some rows. Each has as its `line` its number, which leads to its place."""

    edges: list[dict[str, Any]] = field(default_factory=list)
    models: list[dict[str, Any]] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    size: int = 0
    """About how many bytes of JSON they are; a hub that refuses them gets them in halves."""

    def __len__(self) -> int:
        return len(self.edges) + len(self.models)

    def add(self, number: int, file: str, row: Edge | Facts) -> None:
        """Add a row as the one with this number."""
        body = body_of(row)
        body["line"] = number
        (self.edges if isinstance(row, Edge) else self.models).append(body)
        self.places[number] = Place(file, row.line)
        self.size += _size(row)

    @property
    def full(self) -> bool:
        """Whether no other row may be added."""
        return len(self) >= MOST_ROWS or self.size >= MOST_BYTES

    @property
    def by_file(self) -> Counter[str]:
        """How many rows come from each file, also of those that were left out."""
        return Counter(place.file for place in self.places.values())

    def place(self, number: Any) -> Place:
        """Where the row with a number is written."""
        return self.places.get(number, Place("", None))

    def body(self, source: str, dry_run: bool) -> dict[str, Any]:
        """The request that imports the batch."""
        return {
            "source": source, "dry_run": dry_run, "edges": self.edges, "models": self.models,
        }  # fmt: skip

    def halves(self) -> Iterator[Batch]:
        """The batch in two."""
        for rows in (slice(0, None, 2), slice(1, None, 2)):
            yield Batch(self.edges[rows], self.models[rows], self.places, self.size // 2)

    def without(self, number: int) -> None:
        """Remove a row."""
        self.edges = [each for each in self.edges if each["line"] != number]
        self.models = [each for each in self.models if each["line"] != number]


def _size(row: Edge | Facts) -> int:
    """About how many bytes of JSON a row is: its longer texts, and something for its fields."""
    if isinstance(row, Facts):
        return FIELDS + len(row.name) + sum(map(len, row.domains))
    texts = len(row.child) + len(row.parent) + len(row.evidence or "")
    return FIELDS + texts + 20 * len(row.layers or ())


def batches(rows: Iterable[tuple[str, Edge | Facts]]) -> Iterator[Batch]:
    """The rows, each with its file, in batches; numbered from 1."""
    batch = Batch()
    for number, (file, row) in enumerate(rows, 1):
        batch.add(number, file, row)
        if batch.full:
            yield batch
            batch = Batch()
    if len(batch):
        yield batch
