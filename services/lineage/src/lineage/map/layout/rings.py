"""Circles in rings around a core, without overlap."""

from __future__ import annotations

from functools import cache

import numpy as np

from lineage.map.layout.drawing import GAP, Floats, Ints, Places

_GOLDEN = (5**0.5 - 1) / 2


def slots(core: float, radius: float, count: int) -> tuple[Places, float]:
    """Return the places of `count` equal circles around a core, and the radius of the whole.

    The first places do not depend on `count`, so another circle moves none of the others. The
    places of a ring are taken in an order that spreads even the first few of them all around.
    """
    rings: list[Places] = []
    half, far, placed = radius + GAP / 2, core + GAP + radius, 0
    while placed < count:
        room = max(int(np.pi / np.arcsin(min(half / far, 1.0))), 1)
        angle = (_spread(room) + len(rings) % 2 / 2) * (2 * np.pi / room)
        rings.append(np.exp(1j * angle) * far)
        far += 2 * half
        placed += room
    return np.concatenate(rings)[:count], far - half


@cache
def _spread(room: int) -> Ints:
    """0 … room-1 in the order of the golden ratio's multiples, which fills a circle evenly."""
    return np.argsort(np.argsort(np.arange(room) * _GOLDEN % 1.0)).astype(np.int64)


def rings(core: float, radii: Floats) -> Places:
    """Return the places of circles in rings around a core, each with as many as fit.

    `radii` come in falling order.
    """
    places = np.zeros(len(radii), np.complex128)
    outer, start = core, 0
    while start < len(radii):
        far = outer + GAP + float(radii[start])
        halves = np.arcsin(np.minimum((radii[start:] + GAP / 2) / far, 1.0))
        ends = np.cumsum(2 * halves)
        taken = max(int(np.searchsorted(ends, 2 * np.pi, side="right")), 1)
        angle = ends[:taken] - halves[:taken]
        places[start : start + taken] = np.exp(1j * angle) * far
        outer = far + float(radii[start])
        start += taken
    return places
