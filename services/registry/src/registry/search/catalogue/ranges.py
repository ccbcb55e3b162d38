"""A range of numbers, with or without its ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from registry.search.bitmaps.arrays import Mask


@dataclass(frozen=True)
class Range:
    """The numbers between two ends, which an open range leaves out."""

    low: float | None
    high: float | None
    low_open: bool = False
    high_open: bool = False

    def has(self, value: float) -> bool:
        """Whether a number is in the range."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        above = value > low or (value == low and not (self.low_open and self.low is not None))
        below = value < high or (value == high and not (self.high_open and self.high is not None))
        return above and below

    def inside(self, column: NDArray[Any]) -> Mask:
        """Which numbers of a column are in the range; NaN is not.

        The ends are as exact as the column.
        """
        is_float = column.dtype.kind == "f"
        within: Mask = ~np.isnan(column) if is_float else np.ones(len(column), np.bool_)
        exact = column.dtype.type if is_float else float
        with np.errstate(over="ignore"):  # what is too large becomes infinite
            if self.low is not None:
                low = exact(self.low)
                within &= column > low if self.low_open else column >= low
            if self.high is not None:
                high = exact(self.high)
                within &= column < high if self.high_open else column <= high
        return within
