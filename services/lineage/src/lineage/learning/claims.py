"""What sources say about an edge: the strongest claim is shown, the others are kept beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from lineage.learning.batch import Told


class Key(NamedTuple):
    """What makes an edge the same edge; the ends are numbers of models."""

    child: int
    parent: int
    child_revision: UUID | None
    parent_revision: UUID | None
    role: str


class Edge:
    """An edge with one claim of each source; it is new without an `id`.

    What is shown depends on the claims alone, and not on the order in which they came. A
    `withdrawn` edge takes claims, but is in no answer until a moderator restores it.
    """

    __slots__ = ("changed", "claims", "id", "key", "shown", "shows_new", "withdrawn")

    def __init__(
        self, key: Key, told: Told, id: int | None = None, *, withdrawn: bool = False
    ) -> None:
        self.key = key
        self.id = id
        self.shown = told
        self.claims = {told.source: told}
        self.withdrawn = withdrawn
        self.changed = self.shows_new = id is None

    def keep(self, told: Told) -> None:
        """Take over a claim that was kept beside the shown one."""
        self.claims[told.source] = told

    def put(self, told: Told) -> None:
        """Take in a claim in place of the source's earlier one."""
        self.claims[told.source] = told
        self._show_strongest()

    def take_out(self, source: str) -> Told:
        """Give up the claim of a source; another must remain."""
        told = self.claims.pop(source)
        self._show_strongest()
        return told

    def change_role(self, role: str) -> None:
        """Become the edge of another role."""
        self.key = self.key._replace(role=role)
        self.changed = self.shows_new = True

    @property
    def states_role(self) -> bool:
        """Whether a source has stated the role."""
        return any(told.role_stated for told in self.claims.values())

    @property
    def beside(self) -> Iterable[Told]:
        """The claims that are not shown."""
        return (told for told in self.claims.values() if told is not self.shown)

    def _show_strongest(self) -> None:
        """Show the strongest claim: of equals, that of the first source by name."""
        before = self.shown
        best = max(told.strength for told in self.claims.values())
        equals = (told for told in self.claims.values() if told.strength == best)
        self.shown = min(equals, key=lambda told: told.source)
        self.changed = True
        self.shows_new |= self.shown is not before
