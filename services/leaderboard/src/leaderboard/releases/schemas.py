"""The responses about releases."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from leaderboard.boards.schemas import BoardColumn, BoardInfo, Standing
from mergehub.contracts.messages import Answer
from mergehub.kit.paging.pages import Page


class Citation(Answer):
    """How to cite a release, as a sentence and for BibTeX."""

    text: str
    bibtex: str


class Release(Answer):
    """A board as it was; a release never changes. `digest` is that of its whole content.

    `as_of` says of which state of the results it is.
    """

    board: str
    number: int
    title: str
    created_at: datetime
    as_of: int
    digest: str
    models: int
    citation: Citation
    url: str


class ReleasePage(Page[Release]):
    """The newest first."""


class ReleaseRanks(Answer):
    method: Literal["bootstrap"]
    replicates: int
    seed: int


class ReleaseContent(Answer):
    """The rules and the columns of the board as they were."""

    board: BoardInfo
    columns: list[BoardColumn]
    ranked: int
    ranks: ReleaseRanks


class ReleaseDetail(Release):
    content: ReleaseContent


class ReleasedRows(Page[Standing]):
    """The rows as they were, in the board's order."""
