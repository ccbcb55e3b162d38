"""The columns of models and of edges: what the graph keeps of each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args, get_type_hints

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lineage.memory.arrays import (
    Codes8,
    Codes16,
    Counts,
    Days,
    Flags,
    Halves,
    Integers,
    Numbers,
    Places,
    Shares,
)
from mergehub.columns.parts import Kept, Part, Parts

RELATIONS = ("unknown", "merge", "finetune", "adapter", "quantized", "distilled")
ROLES = ("base", "ingredient")
EMPTY = {"made_on": -1, "weight": np.nan, "density": np.nan}
"""What a row has in a column that was not written; 0 in all others."""
NARROW: Mapping[str, type[np.integer[Any]]] = {
    "id": np.uint32,
    "made_on": np.int16,
    "architecture": np.uint8,
    "licence": np.uint8,
    "domains": np.uint8,
    "method": np.uint8,
    "source": np.uint8,
}
"""Columns that are half as wide as their type says, or less, while all values fit."""


@dataclass(frozen=True)
class ModelColumns:
    """What is known of each model, by its number. Texts are codes, and 0 is unknown.

    `children_count` comes from the edges that are here, and not from the tables.
    """

    exists: Flags
    id_high: Halves
    id_low: Halves
    name_place: Places
    children_count: Counts
    architecture: Codes16
    licence: Codes16
    domains: Codes16
    parameters: Integers
    made_on: Days
    flagged: Flags


@dataclass(frozen=True)
class EdgeColumns:
    """What is known of each edge, by its index.

    - `first`: it is the first edge between its two models; so these count distinct children.
    - `detailed`: the tables know more of it, such as its revisions or its run.
    """

    id: Integers
    child: Numbers
    parent: Numbers
    relation: Codes8
    role: Codes8
    method: Codes16
    source: Codes16
    weight: Shares
    density: Shares
    made_on: Days
    confidence: Codes8
    first: Flags
    detailed: Flags


STEADY = ("exists", "name_place", "children_count", "first")
"""Columns that a file must have as they were: the log would not set them again.

They are written in place.
"""

Row = TypeVar("Row", bound=ModelColumns | EdgeColumns)
Values = Mapping[str, NDArray[Any]]


class Growing(Generic[Row]):
    """Columns that one thread extends and changes while others read `view`s of them.

    A column may be narrower than its type says, while all of its values fit. One that is empty in
    all rows takes no memory, such as that of densities, which few sources state.

    A view keeps its length. A changed value appears in it at once, mostly; so an answer may show
    facts of a model that are newer than its edges.
    """

    def __init__(self, kind: type[Row]) -> None:
        self._kind = kind
        self._dtypes = {name: _dtype(hint) for name, hint in get_type_hints(kind).items()}
        self._columns: dict[str, NDArray[Any]] = {
            name: _nothing(name, NARROW.get(name, dtype), 0) for name, dtype in self._dtypes.items()
        }
        self.size = 0

    @classmethod
    def kept(cls, kind: type[Row], kept: Kept) -> Growing[Row]:
        """The columns of parts."""
        growing = cls(kind)
        growing._columns = {name: kept[name].with_room for name in growing._dtypes}
        growing.size = min(len(each) for each in kept.values())
        return growing

    def parts(self) -> Parts:
        """All rows, for a file: most columns as they are when it is written."""
        rows = {name: column[: self.size] for name, column in self._columns.items()}
        return {
            name: Part.of(each.copy()) if name in STEADY else Part.changing(each)
            for name, each in rows.items()
        }

    def extend(self, size: int) -> None:
        """Have `size` rows at least; the new ones are empty."""
        if size <= self.size:
            return
        for name, column in self._columns.items():
            if size > len(column):
                column = self._columns[name] = self._copied(name, column.dtype, _room(size))
            if column.flags.writeable:
                column[self.size : size] = EMPTY.get(name, 0)
        self.size = size

    def write(self, rows: Numbers | slice, values: Values) -> None:
        """Set some columns of some rows."""
        for name, column in values.items():
            kept = self._columns[name]
            if not kept.flags.writeable:
                if _is_empty(name, column):
                    continue
                kept = self._columns[name] = np.empty(len(kept), kept.dtype)
                kept[: self.size] = EMPTY.get(name, 0)
            if not _fits(column, kept.dtype):
                kept = self._columns[name] = self._copied(name, self._dtypes[name], len(kept))
            kept[rows] = column

    def load(self, columns: dict[str, NDArray[Any]], order: Numbers | None) -> None:
        """Have only these rows, in this order. Takes each column out of `columns` to free it."""
        self.size = len(next(iter(columns.values())))
        for name, known in self._columns.items():
            given, room = columns.pop(name, None), _room(self.size)
            if given is None or _is_empty(name, given):
                self._columns[name] = _nothing(name, known.dtype, room)
                continue
            narrow = _fits(given, known.dtype)
            column = np.empty(room, known.dtype if narrow else self._dtypes[name])
            column[: self.size] = given if order is None else given[order]
            self._columns[name] = column

    def view(self) -> Row:
        """The rows that exist now."""
        return self._kind(**{name: each[: self.size] for name, each in self._columns.items()})

    def _copied(self, name: str, dtype: np.dtype[Any], room: int) -> NDArray[Any]:
        if not self._columns[name].flags.writeable:
            return _nothing(name, dtype, room)
        copy = np.empty(room, dtype)
        copy[: self.size] = self._columns[name][: self.size]
        return copy


def _room(size: int) -> int:
    """How many rows to have room for. What is not written takes no memory, only addresses."""
    return 2 * size + 1024


def _nothing(name: str, dtype: DTypeLike, room: int) -> NDArray[Any]:
    """An empty column: one value stands for all rows, unless rows are written in place."""
    if name in STEADY:
        return np.zeros(room, dtype)
    return np.broadcast_to(np.asarray(EMPTY.get(name, 0), dtype), room)


def _is_empty(name: str, values: NDArray[Any]) -> bool:
    """Whether no row has a value."""
    empty = EMPTY.get(name, 0)
    return bool((np.isnan(values) if np.isnan(empty) else values == empty).all())


def _fits(column: NDArray[Any], dtype: np.dtype[Any]) -> bool:
    """Whether integers can be kept as this type."""
    if dtype.kind not in "iu" or np.can_cast(column.dtype, dtype) or not column.size:
        return True
    range = np.iinfo(dtype)
    return bool(range.min <= column.min() and column.max() <= range.max)


def _dtype(hint: Any) -> np.dtype[Any]:
    """The type of the elements that an array's type names."""
    _, elements = get_args(hint)
    dtype: np.dtype[Any] = np.dtype(get_args(elements)[0])
    return dtype
