"""How many weights the model of a recipe has, by what is known of the models that it merges.

As many as its base, or else as the largest of its ingredients. A stack of slices has a depth of its
own, so its size is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from registry.search.bitmaps.arrays import bitmap, slots_of
from registry.search.catalogue.catalogue import Catalogue

Sizes = NDArray[np.float32]
Places = NDArray[np.int64]


def with_models(catalogue: Catalogue, names: Iterable[str]) -> Places:
    """The slots of the entries that merge any of these models."""
    values = catalogue.values
    codes = values.codes["ingredient"]
    having = BitMap.union(BitMap(), *(values.of(codes[name]) for name in names if name in codes))
    slots = slots_of(having).astype(np.int64)
    return slots[slots < catalogue.size]


def changed(catalogue: Catalogue, slots: Places, known: Mapping[str, float]) -> dict[int, float]:
    """The sizes that the catalogue does not have yet, by the numbers of recipes; NaN: not known.

    Entries that are not the newest of their recipe are left out.
    """
    numbers = catalogue.column("number")[slots]
    newest = catalogue.slots.all[numbers] == slots
    slots, numbers = slots[newest], numbers[newest]
    before, now = catalogue.column("size")[slots], _sizes(catalogue, slots, known)
    differ = (before != now) & ~(np.isnan(before) & np.isnan(now))
    return dict(zip(numbers[differ].tolist(), now[differ].tolist(), strict=True))


def _sizes(catalogue: Catalogue, slots: Places, known: Mapping[str, float]) -> Sizes:
    base, largest = (_largest(catalogue, each, slots, known) for each in ("base", "ingredient"))
    sizes = np.where(np.isnan(base), largest, base)
    stacked = catalogue.values.having("shape", "slices", catalogue.size) & bitmap(slots)
    sizes[np.isin(slots, slots_of(stacked))] = np.nan
    return sizes


def _largest(catalogue: Catalogue, field: str, slots: Places, known: Mapping[str, float]) -> Sizes:
    """The largest known size of the models that each entry has in a field."""
    values = catalogue.values
    places, codes = values.of_entries(field, slots)
    different, at = np.unique(codes, return_inverse=True)
    texts = (values.texts[code] for code in different.tolist())
    sizes = np.array([known.get(text, math.nan) for text in texts], np.float32)
    largest = np.full(len(slots), np.nan, np.float32)
    np.fmax.at(largest, places, sizes[at])
    return largest
