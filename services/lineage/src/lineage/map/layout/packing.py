"""Circles of any size packed around a first one, without overlap.

The method keeps the front: the ring of circles that a new one can touch from outside. A new circle
touches the two neighbours of the front that are nearest to the middle. If it would overlap another
circle of the front, what lies between leaves the front, and the circle is tried against the new
neighbours (Wang et al., "Visualization of large hierarchical data by circle packing", 2006).
"""

from __future__ import annotations

import math

import numpy as np

from lineage.map.layout.drawing import GAP, Floats, Places
from lineage.map.layout.rings import rings

_MOST = 300
"""So many circles touch each other; more lie in rings around them, which takes less time."""

_ALMOST = 1e-6
"""Circles that overlap by less only touch."""

_STEPS = 16


def around(core: float, radii: Floats) -> Places:
    """Return the places of circles around a core at (0, 0). `radii` come in falling order."""
    if len(radii) < 2:
        return core + GAP + radii.astype(np.complex128)
    touching = [core, *radii[:_MOST].tolist()]
    front = _Front([radius + GAP / 2 for radius in touching])
    places = np.array(front.x) + 1j * np.array(front.y)
    if len(radii) <= _MOST:
        return places[1:]
    outer = float((np.abs(places) + np.array(touching)).max())
    return np.concatenate((places[1:], rings(outer, radii[_MOST:])))


class _Front:
    """Places circles one after the other; `x` and `y` are their middles.

    `far` is how far from the middle it is where a circle of the front touches the next, squared.
    """

    def __init__(self, radii: list[float]) -> None:
        self.r = radii
        self.x = [0.0, radii[0] + radii[1]]
        self.y = [0.0, 0.0]
        self.after = [1, 0]
        self.before = [1, 0]
        self.far = [self._from_middle(0, 1), self._from_middle(1, 0)]
        nearest = 0
        for circle in range(2, len(radii)):
            nearest = self._place(circle, nearest)

    def _place(self, circle: int, left: int) -> int:
        """Place a circle between `left` and the next; return where the next one may try."""
        right = self.after[left]
        while True:
            x, y = self._touching(left, right, self.r[circle])
            hit, forwards = self._first_hit(left, right, x, y, self.r[circle])
            if hit < 0:
                break
            left, right = (left, hit) if forwards else (hit, right)
            self.after[left], self.before[right] = right, left
        self.x.append(x)
        self.y.append(y)
        self.after.append(right)
        self.before.append(left)
        self.after[left] = self.before[right] = circle
        self.far.append(self._from_middle(circle, right))
        self.far[left] = self._from_middle(left, circle)
        return self._nearest(circle)

    def _touching(self, left: int, right: int, r: float) -> tuple[float, float]:
        """The middle of a circle of radius `r` that touches both, outside of the front."""
        dx, dy = self.x[right] - self.x[left], self.y[right] - self.y[left]
        apart = math.hypot(dx, dy)
        to_left, to_right = self.r[left] + r, self.r[right] + r
        along = (to_left**2 - to_right**2 + apart**2) / (2 * apart)
        out = math.sqrt(max(to_left**2 - along**2, 0.0))
        dx, dy = dx / apart, dy / apart
        return self.x[left] + along * dx + out * dy, self.y[left] + along * dy - out * dx

    def _first_hit(self, left: int, right: int, x: float, y: float, r: float) -> tuple[int, bool]:
        """The overlapped circle of the front that is next along it, and whether it is ahead."""
        radii, xs, ys, after, before = self.r, self.x, self.y, self.after, self.before
        ahead, back = after[right], before[left]
        gone_ahead, gone_back = radii[right], radii[left]
        r -= _ALMOST
        while True:
            forwards = gone_ahead <= gone_back
            here = ahead if forwards else back
            if here in (left, right):
                return -1, True
            radius, dx, dy = radii[here], xs[here] - x, ys[here] - y
            apart = radius + r
            if dx * dx + dy * dy < apart * apart:
                return here, forwards
            if ahead == back:
                return -1, True
            if forwards:
                gone_ahead += radius
                ahead = after[here]
            else:
                gone_back += radius
                back = before[here]

    def _nearest(self, start: int) -> int:
        """The circle of the front after which there is the place nearest to the middle."""
        far, after = self.far, self.after
        best, least, here = start, far[start], after[start]
        while here != start:
            if far[here] < least:
                best, least = here, far[here]
            here = after[here]
        return best

    def _from_middle(self, here: int, following: int) -> float:
        mine, its = self.r[here], self.r[following]
        x = (self.x[here] * its + self.x[following] * mine) / (mine + its)
        y = (self.y[here] * its + self.y[following] * mine) / (mine + its)
        return x * x + y * y


def enclosing(places: Places, radii: Floats) -> tuple[complex, float]:
    """Return the middle and the radius of a circle around all, nearly the smallest.

    The middle starts amid the two largest and steps towards the farthest rim, ever less far
    (Bădoiu and Clarkson, 2003).
    """
    apart, one, other = complex(places[1] - places[0]), float(radii[0]), float(radii[1])
    middle = complex(places[0]) + apart / 2 * (1 + (other - one) / abs(apart))
    if len(radii) == 2:
        return middle, max(abs(places[0] - middle) + one, abs(places[1] - middle) + other)
    for step in range(2, _STEPS):
        distance = np.abs(places - middle) + radii
        farthest = int(distance.argmax())
        towards = complex(places[farthest]) - middle
        if towards:
            middle += towards * (float(distance[farthest]) / abs(towards) / step / 2)
    return middle, float((np.abs(places - middle) + radii).max())
