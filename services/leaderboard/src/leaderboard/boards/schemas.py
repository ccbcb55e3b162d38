"""The responses about boards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from leaderboard.boards.definition import Chosen, Column
from mergehub.contracts.messages import Answer
from mergehub.contracts.results import Source
from mergehub.kit.paging.pages import Page


class BoardInfo(Answer):
    """A board and its rules; `owner` is null for those that come with the hub.

    `columns` are those that are stated, or the rule by which the board has the benchmarks that
    enough models have. `missing` says what a model without all columns gets. `version` grows with
    each change of an own board.
    """

    name: str
    title: str
    summary: str
    domains: list[str]
    owner: str | None
    columns: list[Column] | Chosen
    normalisation: Literal["guess", "none"]
    below_guess: Literal["zero", "negative"]
    missing: Literal["no mean and no rank"]
    version: int


class ListedBoard(BoardInfo):
    """A board in a list; `ranked` counts the models that have a rank on it now."""

    ranked: int


class BoardList(Page[ListedBoard]):
    """The boards that come with the hub, then those that people made, by name."""


class BoardColumn(Answer):
    """The conditions that the scores of a column share; null: not stated, or any.

    `baseline` is what a random guess scores, which is 0 on the board. `models` counts the variants
    of models that have a score.
    """

    benchmark: str
    title: str
    version: str | None
    subtask: str | None
    metric: str | None
    shots: int | None
    chat_template: bool | None
    weight: float
    baseline: float
    domains: list[str]
    models: int


class Rank(Answer):
    """The place by mean, and the best and the worst place of its 95 % interval.

    The ends are null until they are computed, and where the error of a score is unknown.
    """

    place: int
    best: int | None
    worst: int | None


class RankMethod(Answer):
    """How the intervals were made, and of which state of the results; null: not computed yet.

    `read_at`: when the hub read that state. If `as_of` is less than that of the board, the board
    is very large and the intervals are of earlier results: their ends are the places that the
    means at their ends have now, and a model whose mean or error has changed has none yet.
    """

    method: Literal["bootstrap"]
    replicates: int | None
    seed: int
    as_of: int | None
    read_at: datetime | None


class BoardScore(Answer):
    """A score on the board's scale, and `raw` on that of its metric; ends are null if unknown."""

    value: float
    low: float | None
    high: float | None
    raw: float
    source: Source
    result: int


class BoardMean(Answer):
    value: float
    low: float | None
    high: float | None


class Standing(Answer):
    """A model in one precision; `scores` and `missing` are by benchmark.

    A model that lacks a column has no mean and no rank, and comes after those that have both.
    `merged`, `method` and all other facts of the model come from lineage, not from the author's
    word; null: lineage does not know. `claimed` names those that lineage does not know and that an
    import of results claims. `base` are the ancestors that have no parents. `uplift` is the mean
    minus that of the best ingredient.
    """

    rank: Rank | None
    model: str
    revision: str | None
    precision: str | None
    merged: bool | None
    method: str | None
    base: list[str]
    family: str | None
    parameters: int | None
    licence: str | None
    domains: list[str]
    flags: list[str]
    made_on: date | None
    claimed: list[Literal["family", "licence", "parameters"]]
    mean: BoardMean | None
    uplift: float | None
    scores: dict[str, BoardScore]
    missing: list[str]


class Suggestion(Answer):
    """A `value` of a filter that the hub does not know, and the names that are like it."""

    filter: Literal["base", "family"]
    value: str
    near: list[str]


class BoardPage(Page[Standing]):
    """`ranked` counts the rows of the board that have a rank, `matching` those that are asked for.

    `as_of` grows whenever a result or a fact of a model changes. `suggestions` has each base and
    family that is asked for and that the hub does not know.
    """

    board: BoardInfo
    as_of: int
    columns: list[BoardColumn]
    ranked: int
    matching: int
    ranks: RankMethod
    suggestions: list[Suggestion]


class Facet(Answer):
    """How many rows have a value; `unknown`: it is not known."""

    value: str
    models: int


class FlagFacet(Answer):
    value: bool
    models: int


class SizeRange(Answer):
    """Billions of parameters: more than `min`, at most `max`; null: any."""

    min: float
    max: float | None


class SizeFacet(Answer):
    value: SizeRange
    models: int


class BoardFacets(Answer):
    """For each filter its values, the most frequent first, at most 100 of each.

    The counts are of the rows that all other filters keep.
    """

    as_of: int
    matching: int
    method: list[Facet]
    base: list[Facet]
    family: list[Facet]
    domain: list[Facet]
    precision: list[Facet]
    licence: list[Facet]
    size: list[SizeFacet]
    merged: list[FlagFacet]
    flagged: list[FlagFacet]


class BoardPoint(Answer):
    """Size and score of a row; `front`: no row that is at most as large has a better score."""

    model: str
    precision: str | None
    parameters: int
    score: float
    merged: bool | None
    method: str | None
    front: bool


class BoardPoints(Answer):
    """The rows that have both, the best first; `truncated`: there are more."""

    as_of: int
    points: list[BoardPoint]
    truncated: bool
