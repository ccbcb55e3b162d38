"""The responses about the uplift of many merges."""

from __future__ import annotations

from leaderboard.statistics.families import Verdict
from leaderboard.uplift.schemas import Interval
from leaderboard.uplift.tables.gains import Against
from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class GroupGain(Answer):
    """What the merges of a group gained, in points of the board (0 to 100).

    - `better`, `worse`, `unclear`: how many have a 95 % interval above zero, below it or around it.
      Of merges that gained nothing, one in twenty leaves zero out by chance. A merge whose error is
      unknown is unclear.
    - `mean`, `low`, `high`: the mean gain, with a 95 % interval from the spread between merges; of
      a single merge its own interval. Merges with the same parents are not independent.
    - `share_better`: the share of merges that gained at all, clearly or not.
    """

    merges: int
    better: int
    worse: int
    unclear: int
    mean: float
    low: float | None
    high: float | None
    median: float
    share_better: float


class MethodGain(GroupGain):
    """All merges by one method; `unknown` are those of which no one knows how they were made."""

    method: str


class BaseGain(GroupGain):
    """All merges on one base; `several` are those that go back to different models."""

    base: str


class CellGain(MethodGain, BaseGain):
    """The merges by one method on one base."""


class UpliftTable(Answer):
    """`rows` are methods and `columns` bases, those with the most merges first.

    - `cells`: those that have merges. `by_method` and `by_base` have whole rows and columns,
      `total` has everything; they count bases that are not shown, too.
    - `omitted`: bases that are not shown.
    - `how`: how merges were compared.
    """

    board: str
    as_of: int
    against: Against
    rows: list[str]
    columns: list[str]
    cells: list[CellGain]
    by_method: list[MethodGain]
    by_base: list[BaseGain]
    total: GroupGain | None
    omitted: int
    how: str


class MergeGain(Answer):
    """What one merge gained; `others` are what it was compared with.

    `score` and `gain` are in points of the board.
    """

    model: str
    precision: str
    method: str
    base: str
    others: list[str]
    score: float
    other_score: float
    gain: Interval
    verdict: Verdict


class MergeGains(Page[MergeGain]):
    """Merges, those that gained most first."""

    board: str
    as_of: int
    against: Against
    matching: int
