"""Who sees which entries: those of everybody, and those of each account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyroaring import BitMap

from registry.search.catalogue.entry import Entry


@dataclass(frozen=True)
class Viewpoint:
    """Whose entries the viewer sees beside the public ones; `all`: an administrator."""

    accounts: frozenset[str] = frozenset()
    all: bool = False


EVERYBODY = Viewpoint()
NOTHING = BitMap()


@dataclass(frozen=True)
class Sight:
    """The current entries: the public ones, and what only an account sees; some are archived."""

    public: BitMap
    hidden: Mapping[str, BitMap]
    archived: BitMap
    by_visibility: Mapping[str, BitMap]

    def of(self, viewpoint: Viewpoint) -> BitMap:
        """The entries that a viewer sees, archived ones as well."""
        if viewpoint.all:
            return BitMap.union(self.public, *self.by_visibility.values())
        own = [self.hidden[each] for each in viewpoint.accounts if each in self.hidden]
        return BitMap.union(self.public, *own)


class GrowingSight:
    """The same while it changes."""

    def __init__(self) -> None:
        self._public, self._archived = BitMap(), BitMap()
        self._hidden: dict[str, BitMap] = {}
        self._by_visibility: dict[str, BitMap] = {}
        self._owners: dict[int, str] = {}

    def show(self, slot: int, entry: Entry) -> None:
        """Let an entry be seen by whom it concerns."""
        if entry.archived:
            self._archived.add(slot)
        if entry.visibility == "public":
            self._public.add(slot)
            return
        self._owners[slot] = entry.owner
        self._hidden[entry.owner] = self._hidden.get(entry.owner, NOTHING) | BitMap((slot,))
        self._by_visibility.setdefault(entry.visibility, BitMap()).add(slot)

    def hide(self, slot: int) -> None:
        """Let nobody see an entry any more."""
        self._archived.discard(slot)
        self._public.discard(slot)
        owner = self._owners.pop(slot, None)
        if owner is None:
            return
        for each in self._by_visibility.values():
            each.discard(slot)
        left = self._hidden.pop(owner) - BitMap((slot,))
        if left:
            self._hidden[owner] = left

    def now(self) -> Sight:
        """What is seen now; later changes leave it as it is."""
        return Sight(
            self._public.copy(),
            dict(self._hidden),  # these bitmaps are replaced, not changed
            self._archived.copy(),
            {name: each.copy() for name, each in self._by_visibility.items()},
        )
