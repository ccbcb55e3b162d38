"""The requests and responses of signing in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message

Secret = Annotated[str, Field(min_length=20, max_length=200)]


class ShellCode(Message):
    model_config = example(
        code="pIzJ6jzVZq0xY2vWl0v3o8h3mJ3yQe1yYyF0o1dFhXk",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    )

    code: Secret = Field(description="The one-time code that the browser got.")
    verifier: Secret = Field(description="The secret whose SHA-256 is the challenge.")


class ShellToken(Answer):
    """A token for a shell, shown only once."""

    account: str
    token: str
    expires_at: datetime


class Hub(Answer):
    """A hub as a visitor sees it.

    `reading` says whether reading needs a token, and `account` to whom yours belongs.
    """

    name: str
    version: str
    sign_in: bool
    reading: Literal["public", "token"]
    account: str | None
