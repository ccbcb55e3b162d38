"""The layout by families, for whole graphs: each model amid what was made from it.

A node's small children lie in rings around it, and its children that have children of their own in
further rings, each amid its own. The families of the models without parents lie side by side, the
largest in the middle.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np

from lineage.map.layout.drawing import Drawing, Floats, Ints, Places
from lineage.map.layout.packing import around, enclosing
from lineage.map.layout.rings import slots
from lineage.memory.arrays import begins

_SMALL = 0.6
"""A child that needs no more room than this lies in the rings next to its parent."""

_DOWN = 1j
"""Turns what would begin on the right: the first child lies below, since names are on the right."""

_MIDDLE: Places = np.zeros(1, np.complex128)

_STEP = 1.12
"""The room of a family grows in steps of this factor, so that most growth moves no other family."""


def by_families(drawing: Drawing) -> tuple[Floats, Floats]:
    """Return where each node lies. A child belongs to the parent that its first edge names."""
    if drawing.size == 0:
        return np.zeros(0), np.zeros(0)
    family = _Families(drawing)
    for generation in range(int(family.generation.max()), 0, -1):
        family.gather(generation)
    return family.places()


class _Families:
    """Each node's family: itself and what descends from it, in a circle of their own.

    - `home`: the parent that a node belongs to, or -1; `generation`: how many steps from the root.
    - `room`: the radius of a family's circle; `middle`: its middle, as seen from the node.
    - `offset`: the middle of a family's circle, as seen from the node's parent.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.age = drawing.age
        self.home = np.full(drawing.size, -1)
        self.home[drawing.child[::-1]] = drawing.parent[::-1]  # the first edge is written last
        self.generation = _generations(self.home)
        self.room = drawing.radius.copy()
        self.middle = np.zeros(drawing.size, np.complex128)
        self.offset = np.zeros(drawing.size, np.complex128)
        self._slots = cache(slots)  # most families have the same few shapes

    def gather(self, generation: int) -> None:
        """Place the families of a generation around their parents."""
        members = np.flatnonzero(self.generation == generation)
        small = self.room[members] <= _SMALL
        few = members[small]
        few = few[np.lexsort((self.age[few], self.home[few]))]
        for parent, children in _by_home(self.home, few):
            self._ring(parent, children)
        large = self._largest_first(members[~small])
        large = large[np.argsort(self.home[large], kind="stable")]
        for parent, children in _by_home(self.home, large):
            self._surround(parent, children)

    def _ring(self, parent: int, few: Ints) -> None:
        """Place small children in rings around their parent's own circle."""
        radius = float(self.room[few].max())
        places, outer = self._slots(float(self.room[parent]), radius, len(few))
        self.offset[few] = places * _DOWN
        self.room[parent] = _stepped(outer)

    def _surround(self, parent: int, large: Ints) -> None:
        """Place the families of children around what is there, and a circle around them all."""
        core, radii = float(self.room[parent]), self.room[large]
        places = around(core, radii) * _DOWN
        self.offset[large] = places
        everywhere = np.concatenate((_MIDDLE, places))
        self.middle[parent], radius = enclosing(everywhere, np.concatenate(((core,), radii)))
        self.room[parent] = _stepped(radius)

    def _largest_first(self, members: Ints) -> Ints:
        return members[np.lexsort((self.age[members], -self.room[members]))]

    def places(self) -> tuple[Floats, Floats]:
        """Place the roots, the largest family in the middle, and then each node by its parent."""
        roots = self._largest_first(np.flatnonzero(self.home < 0))
        self.offset[roots[1:]] = around(float(self.room[roots[0]]), self.room[roots[1:]])
        place = self.offset - self.middle
        for generation in range(1, int(self.generation.max()) + 1):
            members = np.flatnonzero(self.generation == generation)
            place[members] += place[self.home[members]]
        return place.real, place.imag


def _by_home(home: Ints, members: Ints) -> Iterator[tuple[int, Ints]]:
    """The members of each family, which are sorted by it."""
    homes = home[members]
    starts = np.flatnonzero(begins(homes))
    ends = [*starts[1:].tolist(), len(members)]
    for parent, start, end in zip(homes[starts].tolist(), starts.tolist(), ends, strict=False):
        yield parent, members[start:end]


def _generations(home: Ints) -> Ints:
    """How many steps lead from each node to its family's root."""
    generation = np.zeros(len(home), np.int64)
    ahead = home
    while (inside := ahead >= 0).any():
        generation += inside
        ahead = np.where(inside, home[ahead], -1)
    return generation


def _stepped(radius: float) -> float:
    return float(_STEP ** math.ceil(math.log(radius) / math.log(_STEP)))
