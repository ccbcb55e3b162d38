"""What sources say about an edge: the strongest claim is shown, the others are kept beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from lineage.learning.batch import Outcome, Told


class Key(NamedTuple):
    """What makes an edge the same edge; the ends are numbers of models."""

    child: int
    parent: int
    child_revision: UUID | None
    parent_revision: UUID | None
    role: str


class Edge:
    """An edge with the newest claim of each source, oldest first; it is new without an `id`."""

    __slots__ = ("changed", "claims", "id", "key", "shown", "shows_new")

    def __init__(self, key: Key, told: Told, id: int | None = None) -> None:
        self.key = key
        self.id = id
        self.shown = told
        self.claims = {told.source: told}
        self.changed = self.shows_new = id is None

    def keep(self, told: Told) -> None:
        """Take over a claim that was kept beside the shown one."""
        self.claims[told.source] = told

    def tell(self, told: Told) -> Outcome:
        """Take in a claim; the newest of each source counts."""
        earlier = self.claims.get(told.source)
        if earlier is not None and told.repeats(earlier):
            return Outcome.KNOWN
        self.claims[told.source] = told
        self.changed = True
        before = self.shown
        if before.source == told.source:
            self.shown = told
        self.shown = self._strongest()
        if self.shown is before:
            return Outcome.WEAKER
        self.shows_new = True
        return Outcome.STRENGTHENED if self.shown is told else Outcome.WEAKER

    @property
    def beside(self) -> Iterable[Told]:
        """The claims that are not shown."""
        return (told for told in self.claims.values() if told is not self.shown)

    def _strongest(self) -> Told:
        """The strongest claim: of equals the shown one, or else the oldest."""
        strongest = max(self.claims.values(), key=lambda told: told.strength)
        return self.shown if self.shown.strength == strongest.strength else strongest
