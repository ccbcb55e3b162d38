"""The rules by which models of runs are deleted, of a hub or of one account."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Message

Keep = Literal["starred", "published"]
BOTH: list[Keep] = ["starred", "published"]
LONGEST_DAYS = 36_500


class Retention(Message):
    """Which models go: those older than `days`, unless another rule keeps them.

    Whatever the rules say, a model stays while it is pinned, while a run or a lock needs it, and
    for a day after its run.
    """

    model_config = example(days=90, newest=2, keep=["starred", "published"])

    days: int | None = Field(
        default=None,
        ge=1,
        le=LONGEST_DAYS,
        description="After how many days a model goes; null: never.",
    )
    newest: int = Field(
        default=1, ge=0, le=1000, description="How many of the newest models of each name stay."
    )
    keep: list[Keep] = Field(
        default_factory=BOTH.copy,
        max_length=2,
        description="Models that stay: of recipes that someone starred, of published recipes.",
    )
