"""The models that a map shows, and which of many are the most important."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineage.memory.arrays import Numbers
from lineage.memory.graph import Graph

_LARGE = 2**16
"""Counts from here on are looked at one by one."""


@dataclass(frozen=True)
class Chosen:
    """The models of a map.

    - `opened`: those of them whose children are shown, or else counted.
    - `truncated`: `limit` left some out.
    """

    models: Numbers
    opened: Numbers
    truncated: bool


def most_important(graph: Graph, models: Numbers, limit: int) -> Numbers:
    """At most `limit` of the models, which are sorted: with the most children, oldest first."""
    return models[largest(graph.models.children_count[models], limit)]


def largest(values: NDArray[Any], limit: int) -> Numbers:
    """The positions of the largest values that are not negative; of equal ones, the first."""
    tally = np.bincount(np.minimum(values, _LARGE) + 1, minlength=_LARGE + 2)[1:]
    at_least = np.cumsum(tally[::-1])[::-1]
    if at_least[0] <= limit:
        found = np.flatnonzero(values >= 0)
    else:
        least = int(np.flatnonzero(at_least > limit)[-1])
        above, equal = np.flatnonzero(values > least), np.flatnonzero(values == least)
        found = np.concatenate((above, equal[: limit - len(above)]))
        if least == _LARGE:
            found = np.flatnonzero(values >= _LARGE)
    return found[np.lexsort((found, -values[found]))][:limit].astype(np.int32)
