"""The requests and responses about tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import must_be
from mergehub.contracts.strict import Time
from mergehub.kit.identity.scopes import SCOPES
from mergehub.kit.paging.pages import Page

LONGEST_SECONDS = 10 * 366 * 86_400

TokenName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100),
    must_be(
        "must be a name such as laptop or ci.nightly: letters, digits, dots, hyphens and "
        "underscores, beginning with a letter or digit, at most 100 characters"
    ),
]
ScopeName = Annotated[
    str, StringConstraints(max_length=60), Field(json_schema_extra={"enum": sorted(SCOPES)})
]


class TokenCreate(Message):
    model_config = example(
        name="laptop", scopes=["recipes:write", "runs:submit"], expires_in=86_400
    )

    name: TokenName = Field(description="A unique name that says who or what uses it.")
    scopes: list[ScopeName] = Field(min_length=1, max_length=20, description="Its scopes.")
    expires_at: Time | None = Field(None, description="When it expires, with a time zone.")
    expires_in: int | None = Field(
        None, ge=1, le=LONGEST_SECONDS, description="In how many seconds it expires."
    )


class Token(Answer):
    """A token without its secret; `hint` has its first and last characters.

    The tokens of the hub's own programs have no `account`. Signing in creates a `session`.
    """

    id: UUID
    name: str
    account: str | None
    session: bool
    hint: str
    scopes: list[str]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenDraft(Token):
    """The stored part of the answer to a creation: enough to repeat it to the same caller."""

    nonce: str


class TokenCreated(Token):
    """A new token with its secret, which is stored nowhere."""

    token: str


class TokenPage(Page[Token]):
    """Newest first."""


class Active(BaseModel):
    """A valid token by RFC 7662; without `exp`, it never expires."""

    active: bool
    scope: str
    client_id: str
    username: str
    sub: UUID
    token_type: str
    account: str | None = None
    iat: int
    exp: int | None = None


class Inactive(BaseModel):
    """The answer for every other token."""

    active: bool
