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
_FEW = 10_000
"""So few values are sorted at once."""


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
    some = _candidates(values, limit) if len(values) > _FEW else np.flatnonzero(values >= 0)
    return some[np.lexsort((some, -values[some]))][:limit].astype(np.int32)


def _candidates(values: NDArray[Any], limit: int) -> NDArray[np.int64]:
    """Positions that have the largest values among them, and not many others."""
    tally = np.bincount(np.minimum(values, _LARGE) + 1, minlength=_LARGE + 2)[1:]
    at_least = np.cumsum(tally[::-1])[::-1]
    if at_least[0] <= limit:
        return np.flatnonzero(values >= 0)
    least = int(np.flatnonzero(at_least > limit)[-1])
    if least == _LARGE:
        return np.flatnonzero(values >= _LARGE)
    above, equal = np.flatnonzero(values > least), np.flatnonzero(values == least)
    return np.concatenate((above, equal[: limit - len(above)]))
