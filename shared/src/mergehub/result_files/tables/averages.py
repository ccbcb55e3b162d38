"""Averages over benchmarks, which are no benchmarks: recomputed, and compared."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_AVERAGE = re.compile(
    r"(the|overall|global|total|macro|micro|weighted|normali[sz]ed|plain)*"
    r"(avg|average|mean|overall|total|aggregate)"
    r"(score|scores|value|of|all|benchmarks|tasks|acc|accuracy|performance)*"
)


def is_average(written: str) -> bool:
    """Whether a column or an evaluation is called like the mean of others."""
    bare = re.sub(r"[^a-z]", "", written.lower())
    return bool(_AVERAGE.fullmatch(bare))


def mean(parts: Sequence[float]) -> float:
    return math.fsum(parts) / len(parts)


def step(written: str) -> float:
    """The unit in the last place of a number as it is written: 0.01 for `64.91`."""
    digits = re.search(r"[.,](\d+)", written)
    return 10.0 ** -len(digits[1]) if digits else 1.0


def agrees(average: float, parts: Sequence[float], own_step: float, their_step: float) -> bool:
    """Whether a stated mean is that of the parts, but for the rounding of both."""
    return abs(average - mean(parts)) <= (own_step + their_step) / 2 + 1e-9
