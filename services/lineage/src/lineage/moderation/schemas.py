"""The requests about flags and withdrawals, and what a withdrawal changed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.shapes import Text


class FlagCreate(Message):
    model_config = example(
        kind="contaminated",
        reason="Its training data contains the test questions of gsm8k.",
        evidence="https://example.org/report",
    )

    kind: Literal["contaminated"]
    reason: str = Field(min_length=1, max_length=1000)
    evidence: str | None = Field(None, max_length=1000, description="Where it can be read up.")


class WithdrawalCreate(Message):
    model_config = example(
        reason="The card names the wrong base model.",
        evidence="https://example.org/me/soup/discussions/3",
    )

    reason: Text = Field(min_length=1, max_length=1000)
    evidence: Text | None = Field(None, max_length=1000, description="Where it can be read up.")


class Learned(Answer):
    """An edge that had been refused because it would have closed a cycle."""

    child: UUID
    child_name: str
    parent: UUID
    parent_name: str
    relation: str
    role: str


class Withdrawal(Answer):
    """An edge that is in no answer, why, and by whom it was withdrawn.

    `learned`: the edges that were refused before, and that are in the graph now.
    """

    edge: int
    child: UUID
    parent: UUID
    parent_name: str
    relation: str
    role: str
    reason: str
    evidence: str | None
    withdrawn_by: str
    withdrawn_at: datetime
    learned: list[Learned]
