"""What has changed lately, so that what was made of an older state need not be made anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leaderboard.memory.arrays import NOTHING, Numbers

MOST_CHANGES, MOST_VARIANTS = 500, 20_000
"""How many are kept. Someone with an older state than that makes a board anew."""


@dataclass(frozen=True)
class Recent:
    """The variants whose results changed, change by change.

    - `first`: the number of the first change in `changes`.
    """

    first: int = 0
    changes: tuple[Numbers, ...] = ()

    @property
    def end(self) -> int:
        """The number of the next change."""
        return self.first + len(self.changes)

    def with_change(self, variants: Numbers) -> Recent:
        """These and one more change."""
        changes, size = (*self.changes[1 - MOST_CHANGES :], variants), 0
        for kept in range(len(changes), 0, -1):
            size += len(changes[kept - 1])
            if size > MOST_VARIANTS:
                return Recent(self.end + 1 - (len(changes) - kept), changes[kept:])
        return Recent(self.end + 1 - len(changes), changes)

    def since(self, older: Recent) -> Numbers | None:
        """The variants that changed since an older state; None if that is no longer known."""
        if older.end < self.first:
            return None
        changes = self.changes[older.end - self.first :]
        return np.unique(np.concatenate(changes)) if changes else NOTHING
