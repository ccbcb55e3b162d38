"""How a parent's counters change with its edges: they count distinct children."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

from lineage.learning.claims import Edge
from lineage.learning.order import Pair


class Counts(NamedTuple):
    """How many children a model has, and how many merges used it in each role."""

    children: int
    as_base: int
    as_ingredient: int


def uses(edges: Collection[Edge]) -> Counts:
    """What the edges of one child and parent count for."""
    merged = {edge.key.role for edge in edges if edge.shown.relation == "merge"}
    return Counts(int(bool(edges)), int("base" in merged), int("ingredient" in merged))


def differences(
    before: Mapping[Pair, Counts], after: Mapping[Pair, Collection[Edge]]
) -> dict[int, Counts]:
    """How the counters of each parent change."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    none = Counts(0, 0, 0)
    for pair, edges in after.items():
        was, now = before.get(pair, none), uses(edges)
        if was != now:
            for place, (old, new) in enumerate(zip(was, now, strict=True)):
                sums[pair[1]][place] += new - old
    return {parent: Counts(*each) for parent, each in sums.items() if any(each)}
