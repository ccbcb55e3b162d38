"""Which edges a question looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lineage.memory.arrays import Flags, Numbers, among
from lineage.memory.columns import EdgeColumns


@dataclass(frozen=True)
class EdgeFilter:
    """What an edge must be; None: anything.

    - `relations`, `roles`, `methods`: one of these codes.
    - `since`, `until`: made in these days, both included. An edge without a date is not.
    """

    relations: frozenset[int] | None = None
    roles: frozenset[int] | None = None
    methods: frozenset[int] | None = None
    since: int | None = None
    until: int | None = None

    def keeps(self, edges: EdgeColumns, some: Numbers | slice) -> Flags:
        """Which of `some` edges are as they must be."""
        kept = np.ones(len(edges.relation[some]), np.bool_)
        for codes, allowed in (
            (edges.relation, self.relations),
            (edges.role, self.roles),
            (edges.method, self.methods),
        ):
            if allowed is not None:
                kept &= among(codes[some], allowed)
        if self.since is not None:
            kept &= edges.made_on[some] >= max(self.since, 0)
        if self.until is not None:
            days = edges.made_on[some]
            kept &= (days >= 0) & (days <= self.until)
        return kept
