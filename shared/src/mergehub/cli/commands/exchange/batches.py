"""Recipes in the batches in which a hub takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mergehub.recipe_files.rows import Found

MOST_ROWS = 500
MOST_BYTES = 3_000_000


class Placed(NamedTuple):
    """A recipe, and the file that it is in."""

    file: str
    found: Found


@dataclass
class Batch:
    """The rows of some recipes. Each has as its `line` its number, which leads to its place."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    places: dict[int, Placed] = field(default_factory=dict)
    size: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, number: int, placed: Placed) -> None:
        """Add a recipe as the row with this number."""
        self.rows.append({**placed.found.body, "line": number})
        self.places[number] = placed
        self.size += _size(placed)

    def has_room(self, placed: Placed) -> bool:
        """Whether a recipe may be added."""
        full = len(self) >= MOST_ROWS or self.size + _size(placed) > MOST_BYTES
        return not len(self) or not full

    def halves(self) -> Iterator[Batch]:
        """The batch in two."""
        middle = len(self.rows) // 2
        for rows in (self.rows[:middle], self.rows[middle:]):
            yield Batch(rows, self.places)

    def without(self, number: int) -> None:
        """Remove a row."""
        self.rows = [each for each in self.rows if each["line"] != number]


def batches(recipes: Iterable[Placed]) -> Iterator[Batch]:
    """The recipes in batches; numbered from 1."""
    batch = Batch()
    for number, placed in enumerate(recipes, 1):
        if not batch.has_room(placed):
            yield batch
            batch = Batch()
        batch.add(number, placed)
    if len(batch):
        yield batch


def _size(placed: Placed) -> int:
    found = placed.found
    return len(found.text) + len(found.about.get("description", "")) + 500
