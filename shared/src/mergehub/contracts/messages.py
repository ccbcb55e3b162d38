"""The base classes of all bodies: those that the hub receives, and those that it sends."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from mergehub.contracts.strict import Strict


class Message(Strict):
    """A body that the hub receives. It is checked strictly."""


class Answer(BaseModel):
    """A body that the hub sends. Without defaults, generated clients see no optional fields."""

    model_config = ConfigDict(
        frozen=True,
        from_attributes=True,
        defer_build=True,  # at its first use: a service declares hundreds, and a start uses few
    )
