"""The numbers of all entries, by slot: what ranges are about, and what results are sorted by."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from mergehub.columns.frozen import NOTHING
from mergehub.columns.growing import Growing
from mergehub.columns.parts import Kept, Part, Parts, below, within
from registry.search.bitmaps.frozen import FrozenPostings
from registry.search.bitmaps.postings import Postings
from registry.search.catalogue.entry import Entry
from registry.search.catalogue.ranges import Range

COUNTERS = ("stars", "forks", "reproductions")
MOST_MODELS = 2**15 - 1
LATER = ("size", "uplift", "trending")
"""Known apart from the recipe's own rows: NaN until then."""
FIELDS: dict[str, type[np.generic]] = {
    "number": np.int32,
    "created": np.int64,
    "ingredients": np.int16,
    **dict.fromkeys(COUNTERS, np.int32),
    **dict.fromkeys(LATER, np.float32),
}


Later = Mapping[str, NDArray[np.float32]]
"""Columns of the fields of LATER."""


class Numbers:
    """A column for each field, and the entries that have each value of a merge parameter."""

    def __init__(self) -> None:
        self.columns = {name: Growing(dtype) for name, dtype in FIELDS.items()}
        self._parameters: dict[str, Postings[float]] = {}

    @classmethod
    def kept(cls, kept: Kept) -> Numbers:
        """The numbers of a snapshot, which has none of LATER."""
        numbers = cls()
        size = len(kept["number"])
        for name, column in numbers.columns.items():
            if name in LATER:
                column.fill_to(size, np.nan)
            else:
                numbers.columns[name] = kept[name]
        postings = FrozenPostings.kept(below("parameters", kept))
        for key, (name, value) in enumerate(json.loads(kept["keys"].all.tobytes())):
            numbers._parameters.setdefault(name, Postings()).merge(value, postings.of(key))
        return numbers

    def parts(self) -> Parts:
        """All numbers for a snapshot; the counters are written in place."""
        columns = {name: column.all for name, column in self.columns.items() if name not in LATER}
        parameters = self._parameters.items()
        keys = [(name, value) for name, each in parameters for value in each.keys()]  # noqa: SIM118
        bitmaps = {at: self._parameters[name].of(value) for at, (name, value) in enumerate(keys)}
        return {
            **{
                name: Part.of(column.copy() if name in COUNTERS else column)
                for name, column in columns.items()
            },
            "keys": Part(np.uint8, [json.dumps(keys).encode()]),
            **within("parameters", NOTHING.joined(bitmaps)),
        }

    def add(self, slot: int, entries: Sequence[Entry], later: Later) -> None:
        """Add entries that have the slots from this one on; `later` is what is known of them."""
        columns = self.columns
        columns["number"].extend([each.number for each in entries])
        columns["created"].extend([each.created for each in entries])
        columns["ingredients"].extend([min(each.count, MOST_MODELS) for each in entries])
        for place, name in enumerate(COUNTERS):
            columns[name].extend([each.counters[place] for each in entries])
        for name in LATER:
            columns[name].extend(later[name])
        self._add_parameters(slot, entries)

    def _add_parameters(self, slot: int, entries: Sequence[Entry]) -> None:
        having: dict[tuple[str, float], list[int]] = {}
        for at, entry in enumerate(entries, slot):
            for parameter, values in entry.parameters.items():
                for value in values:
                    having.setdefault((parameter, value), []).append(at)
        for (parameter, value), slots in having.items():
            self._parameters.setdefault(parameter, Postings()).merge(value, BitMap(slots))

    def count(self, slot: int, entry: Entry) -> None:
        """Set the counters of an entry."""
        for name, value in zip(COUNTERS, entry.counters, strict=True):
            self.columns[name].all[slot] = value

    def with_parameter(self, name: str, inside: Range) -> BitMap:
        """The entries with a value of a merge parameter in a range."""
        postings = self._parameters.get(name)
        if postings is None:
            return BitMap()
        values = list(postings.keys())
        return postings.any_of(value for value in values if inside.has(value))
