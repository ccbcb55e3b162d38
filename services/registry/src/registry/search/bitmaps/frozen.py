"""Postings of which those of a snapshot are frozen; what is added lies beside them."""

from __future__ import annotations

from pyroaring import BitMap

from mergehub.columns.frozen import NOTHING, Frozen
from mergehub.columns.parts import Kept, Parts
from registry.search.bitmaps.postings import Postings


class FrozenPostings(Postings[int]):
    """Postings by number."""

    def __init__(self, frozen: Frozen = NOTHING) -> None:
        super().__init__()
        self._frozen = frozen

    @classmethod
    def kept(cls, kept: Kept) -> FrozenPostings:
        """The postings of the parts of a snapshot."""
        return cls(Frozen.kept(kept))

    def parts(self) -> Parts:
        """All postings for a snapshot."""
        return self._frozen.joined({key: self.of(key) for key in self._slots})

    def count(self, key: int) -> int:
        return self._frozen.count(key) + super().count(key)

    def _known(self, key: int) -> int | BitMap | None:
        frozen, added = self._frozen.of(key), super()._known(key)
        if frozen is None or added is None:
            return added if frozen is None else frozen
        return frozen | (added if isinstance(added, BitMap) else BitMap((added,)))
