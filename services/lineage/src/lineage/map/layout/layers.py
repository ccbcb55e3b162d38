"""The layer of each node, such that every edge leads from a layer to a later one."""

from __future__ import annotations

import numpy as np

from lineage.map.layout.drawing import Bools, Drawing, Ints

_FAR = np.iinfo(np.int64).max // 2


def layers_of(drawing: Drawing, focus: int | None) -> Ints:
    """Return each node's layer: parents before children.

    The focus has layer 0, and its descendants the length of their longest path from it. Without a
    focus, the models with no children keep the layer that they have when the oldest models are
    layer 0. Then the others lie as close before their children as they can, and what is left
    as close after its parents.
    """
    if focus is None:
        fixed = _counted_from(drawing, np.ones(drawing.size, bool))
        fixed[drawing.parent] = -_FAR
    else:
        fixed = _counted_from(drawing, np.arange(drawing.size) == focus)
    return _after_parents(drawing, _before_children(drawing, fixed))


def _counted_from(drawing: Drawing, starts: Bools) -> Ints:
    """The length of the longest path that leads to each node from one of `starts`; else -_FAR."""
    layers = np.where(starts, 0, -_FAR)
    return _settled(drawing, layers)


def _settled(drawing: Drawing, layers: Ints) -> Ints:
    """Push children after their parents until every edge leads to a later layer."""
    while True:
        before = layers[drawing.parent]
        late = (before > -_FAR) & (layers[drawing.child] <= before)
        if not late.any():
            return layers
        np.maximum.at(layers, drawing.child[late], before[late] + 1)


def _before_children(drawing: Drawing, fixed: Ints) -> Ints:
    """Put every ancestor of a fixed node one layer before its first child."""
    free = fixed == -_FAR
    layers = np.where(free, _FAR, fixed)
    movable = free[drawing.parent]
    child, parent = drawing.child[movable], drawing.parent[movable]
    while True:
        after = layers[child]
        early = (after < _FAR) & (layers[parent] >= after)
        if not early.any():
            return np.where(layers == _FAR, -_FAR, layers)
        np.minimum.at(layers, parent[early], after[early] - 1)


def _after_parents(drawing: Drawing, layers: Ints) -> Ints:
    """Put what has no layer yet one layer after its last parent; 0 if it has no parent."""
    alone = np.ones(drawing.size, bool)
    alone[drawing.child] = False
    return _settled(drawing, np.where(alone & (layers == -_FAR), 0, layers))
