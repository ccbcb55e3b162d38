"""Where the items of each layer lie along it: near the items that they are joined to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.map.layout.blocks import Items
from lineage.map.layout.drawing import Drawing, Floats, Ints
from lineage.map.layout.spreading import spread

_LONELY = 0.01
"""The weight of an item's wish to stay, if nothing pulls it."""


@dataclass
class _Layer:
    """The items of a layer, in the order in which they lie, and the ends of their edges.

    - `near`: the place in `members` of the end that is in this layer; `far`: the item of the other.
    """

    members: Ints
    near: Ints
    far: Ints


def rows_of(drawing: Drawing, layer: Ints, items: Items) -> Floats:
    """Return where each item lies along its layer.

    Layers are arranged outwards from layer 0: an item's order depends only on what lies between it
    and the focus, so growth further out does not change it. Then the items are pulled inwards and
    outwards once more.
    """
    y = np.zeros(len(items.half))
    placed = np.zeros(len(y), bool)
    outwards = _by_layer(drawing, layer, items)
    for each in outwards:
        _arrange(each, y, placed, items)
    for each in [*reversed(outwards), *outwards]:
        _pull(each, y, items)
    return y


def _by_layer(drawing: Drawing, layer: Ints, items: Items) -> list[_Layer]:
    """The layers, those next to layer 0 first; the oldest items first in each."""
    of_item = np.zeros(len(items.half), np.int64)
    of_item[items.of] = layer
    age = np.full(len(of_item), np.iinfo(np.int64).max)
    np.minimum.at(age, items.of, drawing.age)
    order = np.lexsort((age, of_item < 0, np.abs(of_item)))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    near = items.of[np.concatenate((drawing.child, drawing.parent))]
    far = items.of[np.concatenate((drawing.parent, drawing.child))]
    sorted_ends = np.argsort(place[near], kind="stable")
    near, far = near[sorted_ends], far[sorted_ends]
    starts = np.flatnonzero(np.diff(of_item[order], prepend=of_item[order[0]] - 1))
    ends = np.append(starts[1:], len(order))
    cuts = np.searchsorted(place[near], np.append(starts, len(order)))
    return [
        _Layer(order[start:end], place[near[low:high]] - start, far[low:high])
        for start, end, low, high in zip(starts, ends, cuts[:-1], cuts[1:], strict=True)
    ]


def _arrange(layer: _Layer, y: Floats, placed: np.ndarray, items: Items) -> None:
    """Sort a layer's items by the mean place of their placed neighbours, then by age."""
    wish, _ = _wishes(layer, y, placed[layer.far])
    order = np.lexsort((np.arange(len(wish)), np.round(wish, 6)))
    place = np.argsort(order)
    layer.members, layer.near = layer.members[order], place[layer.near]
    y[layer.members] = spread(wish[order], items.half[layer.members], np.ones(len(wish)))
    placed[layer.members] = True


def _pull(layer: _Layer, y: Floats, items: Items) -> None:
    """Move a layer's items towards all their neighbours; their order stays."""
    wish, weight = _wishes(layer, y, np.ones(len(layer.far), bool))
    y[layer.members] = spread(wish, items.half[layer.members], weight)


def _wishes(layer: _Layer, y: Floats, counts: np.ndarray) -> tuple[Floats, Floats]:
    """The mean place of the neighbours that count, and how many they are; else the own place."""
    near, far = layer.near[counts], layer.far[counts]
    size = len(layer.members)
    number = np.bincount(near, minlength=size)
    total = np.bincount(near, weights=y[far], minlength=size)
    wish = np.where(number > 0, total / np.maximum(number, 1), y[layer.members])
    return wish, np.where(number > 0, number, _LONELY)
