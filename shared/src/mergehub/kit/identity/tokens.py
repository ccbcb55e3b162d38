"""Bearer tokens, and who holds them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Protocol
from uuid import UUID

TOKEN_PREFIX = "mgh_"


@dataclass(frozen=True)
class Principal:
    """The holder of a valid token; `name`, `id` and `expires_at` are the token's.

    `account` is the handle of the account that it belongs to; the hub's own programs have none.
    `session` says that the token belongs to a browser session.
    """

    name: str
    scopes: frozenset[str]
    id: UUID | None = None
    expires_at: datetime | None = None
    account: str | None = None
    session: bool = False

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


Viewer = Principal | None
"""The caller of a reading operation; None for a caller without a token."""


class Authenticator(Protocol):
    """Finds the holder of a token: the registry in its table, other services at the registry."""

    async def principal(self, token: str) -> Principal | None: ...


def new_token() -> str:
    """A new token; people and secret scanners recognise its prefix."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """The hash that is stored for a token. It has no salt, as tokens have 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def same_hash(one: str, other: str) -> bool:
    """Whether two hashes are equal, in a time that does not depend on where they differ."""
    return compare_digest(one.encode(), other.encode())


def derived_token(holders: str, nonce: str) -> str:
    """The token that the holder of the token `holders` gets for a random `nonce`.

    One of the two alone reveals nothing. So the nonce may be stored to answer a repeated request,
    and the token itself is never stored.
    """
    drawn = hmac.digest(holders.encode(), f"mergehub token {nonce}".encode(), "sha256")
    return TOKEN_PREFIX + base64.urlsafe_b64encode(drawn).decode().rstrip("=")
