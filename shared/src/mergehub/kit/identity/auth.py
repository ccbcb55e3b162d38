"""Bearer tokens, what they allow, and the dependencies that require them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mergehub.kit.identity.browsers import Presented, Sessions, presented
from mergehub.kit.identity.scopes import SCOPES
from mergehub.kit.problems.problem import Forbidden, Unauthenticated

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


bearer = HTTPBearer(auto_error=False, description="A token: `Authorization: Bearer mgh_…`.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def authenticated(request: Request, credentials: Credentials) -> Principal:
    """A dependency that returns the holder of any valid token, or answers 401."""
    return await _holder(request, "a token", "Bearer")


class _Viewing(HTTPBearer):
    """A dependency that returns the caller: None without a token; an invalid token answers 401.

    A cookie that is no longer valid counts as none, since pages cannot leave it out. The class is
    itself a security scheme, documented like `bearer`: a second dependency for the documentation
    would cost each request as much as this one.
    """

    async def __call__(self, request: Request) -> Viewer:  # type: ignore[override]
        sent = presented(request.scope)
        if sent is None:
            return None
        principal = await _known(request, sent)
        if principal is None and sent.by_cookie:
            return None
        return _accepted(request, sent, principal)


viewer = _Viewing(scheme_name=bearer.scheme_name, description=bearer.model.description)
Viewing = Annotated[Viewer, Depends(viewer)]


def requires(scope: str) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency that returns the principal, or answers 401, or 403 if it lacks `scope`."""
    if scope not in SCOPES:
        raise ValueError(f"{scope!r} is not a scope; the scopes are {sorted(SCOPES)}")

    async def check(request: Request, credentials: Credentials) -> Principal:
        principal = await _holder(
            request, f"a token with the scope {scope}", f'Bearer scope="{scope}"'
        )
        if not principal.may(scope):
            raise Forbidden(
                f"The token of {principal.name} lacks the scope {scope}; "
                f"it has {', '.join(sorted(principal.scopes)) or 'none'}."
            )
        return principal

    return check


def own_token(request: Request) -> str:
    """The token that an authenticated request carries."""
    sent = presented(request.scope)
    assert sent is not None
    return sent.token


async def _holder(request: Request, what: str, challenge: str) -> Principal:
    """The principal that sent the request."""
    sent = presented(request.scope)
    if sent is None:
        raise Unauthenticated(
            f"This operation needs {what}: send `Authorization: Bearer <token>`.",
            headers={"WWW-Authenticate": challenge},
        )
    return _accepted(request, sent, await _known(request, sent))


def _accepted(request: Request, sent: Presented, principal: Principal | None) -> Principal:
    if principal is None:
        raise Unauthenticated(
            "The token is unknown, or no longer valid.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    if sent.by_cookie:
        sessions: Sessions = request.app.state.sessions
        sessions.check_own(request)
    return principal


async def _known(request: Request, sent: Presented) -> Principal | None:
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.principal(sent.token)
