"""The responses about boards."""

from __future__ import annotations

from leaderboard.results.schemas import Estimate, Setting
from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class Board(Answer):
    name: str
    title: str
    summary: str


class BoardList(Answer):
    items: list[Board]


class Rank(Answer):
    """The place by mean, and the best and the worst place that the intervals allow."""

    place: int
    best: int
    worst: int


class Standing(Answer):
    """A model on the board; `scores` and `missing` are by benchmark name.

    A model that lacks a benchmark has no mean and no rank, and comes after those that have both.
    `merged` and `method` come from lineage, not from the author's word.
    """

    rank: Rank | None
    model: str
    merged: bool
    method: str | None
    mean: Estimate | None
    scores: dict[str, Estimate]
    missing: list[str]


class BoardPage(Page[Standing]):
    """`columns` says which setting each column has; `ranked` counts the complete models."""

    board: Board
    columns: list[Setting]
    ranked: int
