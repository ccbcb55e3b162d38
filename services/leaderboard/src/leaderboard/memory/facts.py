"""All results as a question sees them: a state that does not change while it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leaderboard.memory.columns import ModelColumns, VariantColumns, Vocabulary
from leaderboard.memory.keys import SettingKey
from leaderboard.memory.recent import Recent
from leaderboard.memory.scores import Scores


@dataclass(frozen=True, eq=False)
class Facts:
    """Models, their variants, and the current full results in each setting.

    `settings` and `scores` go together. Any thread may read it. A part that is the same object as
    in an older state has not changed since; only codes may have been added to.

    - `as_of`: the place in the log of changes, after the youngest transaction that is here.
    - `read_at`: when the last change was read.
    - `recent`: of which variants the results have changed lately.
    """

    as_of: int
    read_at: datetime
    settings: Sequence[SettingKey]
    scores: Sequence[Scores]
    variants: VariantColumns
    models: ModelColumns
    codes: Vocabulary
    recent: Recent

    def name(self, model: int) -> str:
        """A model's name."""
        return self.models.names[model]
