"""The layout by families, for whole graphs: each model amid what was made from it.

A node's small children lie in rings around it, and its children that have children of their own in
further rings, each amid its own. The families of the models without parents lie side by side, the
largest in the middle.
"""

from __future__ import annotations

import math

import numpy as np

from lineage.map.layout.drawing import Drawing, Floats, Ints
from lineage.map.layout.packing import around, enclosing
from lineage.map.layout.rings import slots

_SMALL = 0.6
"""A child that needs no more room than this lies in the rings next to its parent."""

_DOWN = 1j
"""Turns what would begin on the right: the first child lies below, since names are on the right."""

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

    def gather(self, generation: int) -> None:
        """Place the families of a generation around their parents."""
        members = np.flatnonzero(self.generation == generation)
        members = members[np.argsort(self.home[members], kind="stable")]
        starts = np.flatnonzero(np.diff(self.home[members], prepend=-1))
        for children in np.split(members, starts[1:]):
            self._surround(int(self.home[children[0]]), children)

    def _surround(self, parent: int, children: Ints) -> None:
        small = self.room[children] <= _SMALL
        few = children[small]
        if len(few):
            few = few[np.argsort(self.age[few])]
            radius = float(self.room[few].max())
            places, outer = slots(float(self.room[parent]), radius, len(few))
            self.offset[few] = places * _DOWN
            self.room[parent] = _stepped(outer)
        if len(few) < len(children):
            large = self._largest_first(children[~small])
            self.offset[large] = around(float(self.room[parent]), self.room[large]) * _DOWN
            self._enclose(parent, large)

    def _enclose(self, parent: int, large: Ints) -> None:
        """Draw a circle around the parent's own circle and those around it."""
        places = np.append(0, self.offset[large])
        radii = np.append(self.room[parent], self.room[large])
        self.middle[parent], radius = enclosing(places, radii)
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
