"""Who sees which entries: those of everybody, and those of each account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from mergehub.columns.frozen import NOTHING as NONE_FROZEN
from mergehub.columns.parts import Kept, Part, Parts, below, texts_of, texts_part, within
from registry.search.bitmaps.frozen import FrozenPostings
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

    def count(self) -> int:
        """How many entries there are."""
        return len(self.public) + sum(map(len, self.by_visibility.values()))

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

    @classmethod
    def kept(cls, kept: Kept) -> GrowingSight:
        """The sight of a snapshot."""
        sight = cls()
        bitmaps = FrozenPostings.kept(below("bitmaps", kept))
        sight._public, sight._archived = bitmaps.of(0), bitmaps.of(1)
        for key, visibility in enumerate(texts_of(kept["visibilities"]), 2):
            sight._by_visibility[visibility] = bitmaps.of(key)
        owners = texts_of(kept["owners"])
        sight._owners = dict(zip(kept["slots"].all.tolist(), owners, strict=True))
        of_owner: dict[str, list[int]] = {}
        for slot, owner in sight._owners.items():
            of_owner.setdefault(owner, []).append(slot)
        sight._hidden = {owner: BitMap(slots) for owner, slots in of_owner.items()}
        return sight

    def parts(self) -> Parts:
        """Who sees what, for a snapshot."""
        bitmaps = [self._public, self._archived, *self._by_visibility.values()]
        return {
            "visibilities": texts_part([*self._by_visibility]),
            **within("bitmaps", NONE_FROZEN.joined(dict(enumerate(bitmaps)))),
            "slots": Part.of(np.array([*self._owners], np.int32)),
            "owners": texts_part([*self._owners.values()]),
        }

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
