"""The layout by layers: ancestors on the left, descendants on the right, relatives near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.map.layout.blocks import Items, items_of
from lineage.map.layout.drawing import Drawing, Floats, Ints
from lineage.map.layout.layers import layers_of
from lineage.map.layout.rows import rows_of

BETWEEN = 10.0
"""The room between two layers, wide enough for a name."""


@dataclass(frozen=True)
class Placed:
    """The place of each node, and its layer: negative for ancestors of the focus."""

    x: Floats
    y: Floats
    layer: Ints


def by_layers(drawing: Drawing, focus: int | None) -> Placed:
    """Place every node. The focus, or the first node if there is none, is at (0, 0)."""
    if drawing.size == 0:
        return Placed(np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    layer = layers_of(drawing, focus)
    items = items_of(drawing, layer)
    x = _columns_of(layer, items) + items.across
    y = rows_of(drawing, layer, items)[items.of] + items.along
    middle = focus or 0
    return Placed(x - x[middle], y - y[middle], layer)


def _columns_of(layer: Ints, items: Items) -> Floats:
    """Where each node's layer begins."""
    depth = layer - layer.min()
    width = np.zeros(depth.max() + 1)
    np.maximum.at(width, depth, items.width[items.of])
    begins: Floats = (np.cumsum(width + BETWEEN) - (width + BETWEEN))[depth]
    return begins
