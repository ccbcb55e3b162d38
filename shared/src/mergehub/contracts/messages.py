"""What every body is made of that a stranger sends or that we answer with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from mergehub.contracts.strict import Strict


class Message(Strict):
    """A body that a stranger sends."""


class Answer(BaseModel):
    """A body that we send. It has no defaults, so generated clients see no optional fields."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
