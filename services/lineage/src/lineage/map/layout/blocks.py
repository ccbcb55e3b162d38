"""Blocks of siblings: many leaves of one parent lie in a grid, which moves as one item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.map.layout.drawing import GAP, Drawing, Floats, Ints

FEWEST = 40
"""Fewer siblings than this lie one by one."""


@dataclass(frozen=True)
class Items:
    """What is placed as one: a node, or the nodes of a block.

    - `of`: the item of each node.
    - `across`, `along`: where each node lies in its item, from the item's first column and from
      its middle.
    - `half`: half of the room that an item takes along its layer; `width`: its room across.
    """

    of: Ints
    across: Floats
    along: Floats
    half: Floats
    width: Floats


def items_of(drawing: Drawing, layers: Ints) -> Items:
    """Group leaves that share their only neighbour, and their layer, into blocks."""
    neighbour = _only_neighbour(drawing)
    order = np.lexsort((drawing.age, layers, neighbour))
    changed = (np.diff(neighbour[order]) != 0) | (np.diff(layers[order]) != 0)
    start = np.concatenate(([True], changed | (neighbour[order][1:] < 0)))
    group = np.cumsum(start) - 1
    size = np.bincount(group)
    small = size[group] < FEWEST
    item = np.cumsum(start | small) - 1
    of = np.empty(drawing.size, np.int64)
    of[order] = item
    return _arranged(drawing, of, order)


def _only_neighbour(drawing: Drawing) -> Ints:
    """The neighbour of each node that has exactly one; else -1."""
    ends = np.concatenate((drawing.child, drawing.parent))
    others = np.concatenate((drawing.parent, drawing.child))
    degree = np.bincount(ends, minlength=drawing.size)
    neighbour = np.full(drawing.size, -1)
    neighbour[ends] = others
    neighbour[degree != 1] = -1
    return neighbour


def _arranged(drawing: Drawing, of: Ints, order: Ints) -> Items:
    """Lay the members of each item out in rows, the oldest first."""
    sizes = np.bincount(of)
    columns = _columns(sizes)
    first = np.cumsum(sizes) - sizes
    place = np.empty(drawing.size, np.int64)
    place[order] = np.arange(drawing.size) - first[of[order]]
    radius = np.zeros(len(sizes))
    np.maximum.at(radius, of, drawing.radius)
    step = 2 * radius + GAP
    rows = -(-sizes // columns)
    across = (place % columns[of]) * step[of]
    along = (place // columns[of] - (rows[of] - 1) / 2) * step[of]
    return Items(of, across, along, rows * step / 2, (columns - 1) * step)


def _columns(sizes: Ints) -> Ints:
    """About a third as many columns as rows, in steps of two, so that a few more move nothing."""
    wished = np.sqrt(sizes / 3.0)
    columns = 2 ** np.floor(np.log2(np.maximum(wished, 1.0))).astype(np.int64)
    return np.where(sizes < FEWEST, 1, np.maximum(columns, 2))
