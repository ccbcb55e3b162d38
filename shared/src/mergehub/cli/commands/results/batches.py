"""Rows of results in the batches in which a hub takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mergehub.contracts.results import MOST_ITEMS_OF_ALL, MOST_ROWS, ResultRow

MOST_BYTES = 3_000_000
FIELDS, ITEM = 250, 80
"""About how many bytes the names of a row's fields and its short values are, and an item."""


class Place(NamedTuple):
    """Where a row is written. `source` is the file itself if `file` is a member of it.

    `text`: the file, and the line in it or a JSON pointer.
    """

    file: str
    line: int | None
    source: str = ""
    text: str | None = None


@dataclass
class Batch:
    """The bodies of some rows. Each has as its `line` its number, which leads to its place.

    `counts_models`: whether the models that the hub finds new in it were in no batch before.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    items: int = 0
    size: int = 0
    counts_models: bool = True

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, number: int, row: ResultRow, place: Place) -> None:
        """Add a row as the one with this number."""
        body = row.model_dump(mode="json", exclude_none=True)
        body["line"] = number
        self.rows.append(body)
        self.places[number] = place
        items = len(row.items or ())
        self.items += items
        self.size += FIELDS + len(row.model) + items * ITEM

    def has_room(self, row: ResultRow) -> bool:
        """Whether a row may be added."""
        items = len(row.items or ())
        full = len(self) >= MOST_ROWS or self.size + items * ITEM >= MOST_BYTES
        return not len(self) or not (full or self.items + items > MOST_ITEMS_OF_ALL)

    def halves(self) -> Iterator[Batch]:
        """The batch in two."""
        middle = len(self.rows) // 2
        for rows in (self.rows[:middle], self.rows[middle:]):
            yield Batch(rows, self.places, counts_models=self.counts_models)

    def without(self, number: int) -> None:
        """Remove a row."""
        self.rows = [each for each in self.rows if each["line"] != number]


def batches(rows: Iterable[tuple[Place, ResultRow]]) -> Iterator[Batch]:
    """The rows, each with its place, in batches; numbered from 1."""
    batch = Batch()
    for number, (place, row) in enumerate(rows, 1):
        if not batch.has_room(row):
            yield batch
            batch = Batch()
        batch.add(number, row, place)
    if len(batch):
        yield batch


def each_model_once(source: Iterable[Batch]) -> Iterator[Batch]:
    """The batches of a dry run, such that the hub counts each new model in one of them only.

    A dry run stores nothing, so a model would be new in every batch that has it: rows of models
    that an earlier batch had are in a batch of their own, whose new models do not count.
    """
    seen: set[str] = set()
    for batch in source:
        known = [row for row in batch.rows if row["model"].lower() in seen]
        seen.update(row["model"].lower() for row in batch.rows)
        if not known:
            yield batch
            continue
        numbers = {row["line"] for row in known}
        fresh = [row for row in batch.rows if row["line"] not in numbers]
        yield Batch(known, _places(batch, known), counts_models=False)
        if fresh:
            yield Batch(fresh, _places(batch, fresh))


def _places(batch: Batch, rows: list[dict[str, Any]]) -> dict[int, Place]:
    return {row["line"]: batch.places[row["line"]] for row in rows}
