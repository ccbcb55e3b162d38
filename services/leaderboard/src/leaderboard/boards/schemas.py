"""What is told of boards."""

from __future__ import annotations

from leaderboard.results.schemas import Estimate, Setting
from mergehub.contracts.messages import Answer
from mergehub.kit.http.pagination import Page


class Board(Answer):
    name: str
    title: str
    summary: str


class BoardList(Answer):
    items: list[Board]


class Rank(Answer):
    """The place by mean, and the places that the intervals leave open."""

    place: int
    best: int
    worst: int


class Standing(Answer):
    """A model on the board; `scores` and `missing` are by benchmark name.

    A model that lacks a benchmark has no mean and no rank, and stands behind those that have.
    `merged` and `method` follow from lineage, not from what an author says.
    """

    rank: Rank | None
    model: str
    merged: bool
    method: str | None
    mean: Estimate | None
    scores: dict[str, Estimate]
    missing: list[str]


class BoardPage(Page[Standing]):
    """`columns` says which results may stand in which column; `ranked` counts complete models."""

    board: Board
    columns: list[Setting]
    ranked: int
