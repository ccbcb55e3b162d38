"""How a parent's counters change with its edges: they count distinct children."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from lineage.learning.claims import Edge
from lineage.learning.order import Pair


class Counts(NamedTuple):
    """How many children a model has, and how many merges used it in each role."""

    children: int
    as_base: int
    as_ingredient: int


NONE = Counts(0, 0, 0)
ONLY_A_CHILD = Counts(1, 0, 0)
BASE, INGREDIENT, BOTH = Counts(1, 1, 0), Counts(1, 0, 1), Counts(1, 1, 1)
MOST_SUMS = 1024


def uses(edges: Collection[Edge]) -> Counts:
    """What the edges of one child and parent count for; withdrawn ones count for nothing."""
    counted = [edge for edge in edges if not edge.withdrawn]
    if not counted:
        return NONE
    if len(counted) == 1 and counted[0].shown.relation != "merge":  # nearly all
        return ONLY_A_CHILD
    merged = [edge.key.role for edge in counted if edge.shown.relation == "merge"]
    if "base" in merged:
        return BOTH if "ingredient" in merged else BASE
    return INGREDIENT if "ingredient" in merged else ONLY_A_CHILD


def differences(
    before: Mapping[Pair, Counts], after: Mapping[Pair, Collection[Edge]]
) -> dict[int, Counts]:
    """How the counters of each parent change."""
    sums: dict[int, Counts] = {}
    for pair, edges in after.items():
        was, now = before.get(pair, NONE), uses(edges)
        if was is not now:
            sums[pair[1]] = _moved(sums.get(pair[1], NONE), was, now)
    return {parent: counts for parent, counts in sums.items() if counts != NONE}


@lru_cache(MOST_SUMS)
def _moved(total: Counts, was: Counts, now: Counts) -> Counts:
    """The sum with one pair counted otherwise; few sums are large, so most were made before."""
    return Counts(*(each - less + more for each, less, more in zip(total, was, now, strict=True)))
