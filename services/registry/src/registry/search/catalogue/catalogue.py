"""The catalogue while it grows, and as it is at one moment.

An entry is never changed. If a recipe gets other words or values, it gets another entry, and nobody
sees the one before any more. So indexes only grow, and a question has the state that it began with
while others are answered and changes applied. Only counters are written in place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mergehub.columns.growing import Growing
from mergehub.columns.parts import Kept, Part, Parts, below, within
from registry.search.catalogue.entry import Entry
from registry.search.catalogue.numbers import LATER, Numbers
from registry.search.catalogue.sight import GrowingSight, Sight
from registry.search.catalogue.texts import Texts
from registry.search.catalogue.values import Values

NONE = -1


@dataclass(frozen=True)
class Catalogue:
    """A state of the catalogue: its first `size` entries, and who sees which.

    `as_of` grows with each change; the log was read at `read_at`.
    """

    texts: Texts
    values: Values
    numbers: Numbers
    sight: Sight
    slots: Growing
    size: int
    as_of: int
    read_at: datetime

    def column(self, name: str) -> NDArray[Any]:
        """The numbers of a field, by slot."""
        return self.numbers.columns[name].first(self.size)

    def slot(self, number: int) -> int:
        """The slot of the newest entry of a recipe, also of one after this state; NONE: deleted."""
        return int(self.slots.all[number]) if number < len(self.slots) else NONE


class GrowingCatalogue:
    """The catalogue, which one thread at a time changes."""

    def __init__(self) -> None:
        self.texts, self.values, self.numbers = Texts(), Values(), Numbers()
        self._sight = GrowingSight()
        self._marks = Growing(np.int64)
        self._slots = Growing(np.int32)

    @classmethod
    def kept(cls, kept: Kept) -> GrowingCatalogue:
        """The catalogue of a snapshot."""
        growing = cls()
        growing.texts = Texts.kept(below("texts", kept))
        growing.values = Values.kept(below("values", kept))
        growing.numbers = Numbers.kept(below("numbers", kept))
        growing._sight = GrowingSight.kept(below("sight", kept))
        growing._marks, growing._slots = kept["marks"], kept["slots"]
        return growing

    def parts(self) -> Parts:
        """All that a snapshot keeps; not while something is changed."""
        return {
            **within("texts", self.texts.parts()),
            **within("values", self.values.parts()),
            **within("numbers", self.numbers.parts()),
            **within("sight", self._sight.parts()),
            "marks": Part.of(self._marks.all),
            "slots": Part.of(self._slots.all.copy()),  # they are written in place
        }

    def __len__(self) -> int:
        return len(self._marks)

    def state(self, as_of: int, read_at: datetime) -> Catalogue:
        """The catalogue as it is now."""
        return Catalogue(
            self.texts,
            self.values,
            self.numbers,
            self._sight.now(),
            self._slots,
            len(self),
            as_of,
            read_at,
        )

    def put(self, entries: Sequence[Entry]) -> None:
        """Add recipes, or change those that are there."""
        new = []
        marks = []
        for entry in entries:
            slot, mark = self.slot(entry.number), entry.mark()
            if slot != NONE and self._marks.all[slot] == mark:
                self.numbers.count(slot, entry)
            else:
                new.append(entry)
                marks.append(mark)
        if new:
            self._append(new, marks)

    def remove(self, numbers: Sequence[int]) -> None:
        """Take out recipes that were deleted."""
        for number in numbers:
            slot = self.slot(number)
            if slot != NONE:
                self._sight.hide(slot)
                self._slots.all[number] = NONE

    def learn(self, field: str, values: Mapping[int, float]) -> None:
        """Set one of the numbers that are known apart from the recipe's rows, by recipe."""
        column = self.numbers.columns[field].all
        for number, value in values.items():
            slot = self.slot(number)
            if slot != NONE:
                column[slot] = value

    def slot(self, number: int) -> int:
        """The slot of the current entry of a recipe; NONE if there is none."""
        return int(self._slots.all[number]) if number < len(self._slots) else NONE

    def _append(self, entries: Sequence[Entry], marks: Sequence[int]) -> None:
        begin = len(self)
        before = [self.slot(entry.number) for entry in entries]
        self.texts.add(begin, entries)
        self.values.add(begin, entries)
        self.numbers.add(begin, entries, {name: self._known(name, before) for name in LATER})
        self._marks.extend(marks)
        self._slots.fill_to(1 + max(entry.number for entry in entries), NONE)
        for slot, (entry, old) in enumerate(zip(entries, before, strict=True), begin):
            if old != NONE:
                self._sight.hide(old)
            self._sight.show(slot, entry)
            self._slots.all[entry.number] = slot

    def _known(self, name: str, slots: Sequence[int]) -> NDArray[np.float32]:
        """What is known of the entries before; NaN of new recipes."""
        at = np.array(slots, np.int64)
        known = np.full(len(at), np.nan, np.float32)
        known[at != NONE] = self.numbers.columns[name].all[at[at != NONE]]
        return known
