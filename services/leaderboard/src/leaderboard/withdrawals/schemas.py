"""The requests and responses about withdrawals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.shapes import Text
from mergehub.kit.paging.pages import Page


class ResultWithdrawalCreate(Message):
    """Which results: all of one origin, or a single one.

    `account` is who imported them, by default the caller.
    """

    model_config = example(origin="wrong-file.csv", reason="The columns were mixed up.")

    origin: Annotated[Text, StringConstraints(min_length=1, max_length=500)] | None = None
    account: Annotated[Text, StringConstraints(min_length=1, max_length=200)] | None = None
    result: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    reason: Annotated[Text, StringConstraints(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.origin is None) == (self.result is None):
            raise PydanticCustomError("one_of_two", "give either `origin` or `result`")
        return self


class ResultWithdrawal(Answer):
    """Results that count no more. They stay in the history, with the reason.

    - `results`: how many they were.
    - `moderated`: a moderator withdrew them, so importing them again does not bring them back.
    """

    id: int
    origin: str
    account: str | None
    reason: str
    results: int
    moderated: bool
    withdrawn_by: str
    withdrawn_at: datetime
    restored_by: str | None
    restored_at: datetime | None


class ResultWithdrawn(ResultWithdrawal):
    """A new withdrawal. `more`: the origin has more results; ask again."""

    more: bool


class ResultWithdrawalPage(Page[ResultWithdrawal]):
    """Newest first."""


class ResultOrigin(Answer):
    """A file or address that results were imported from, and who did."""

    origin: str
    account: str | None
    source: str
    first_import: datetime


class ResultOriginPage(Page[ResultOrigin]):
    """Newest first."""
