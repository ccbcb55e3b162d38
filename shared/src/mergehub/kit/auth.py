"""Who is asking: bearer tokens, what they allow, and the dependency that demands it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mergehub.kit.problems import Forbidden, Unauthenticated

SCOPES = frozenset(
    {
        "recipes:read",
        "recipes:write",
        "runs:submit",
        "results:write",
        "lineage:write",
        "worker",
        "webhooks:manage",
        "admin",
    }
)

TOKEN_PREFIX = "mgh_"


@dataclass(frozen=True)
class Principal:
    """The holder of a valid token."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes


class Authenticator(Protocol):
    """Finds the holder of a token; the registry asks its table."""

    async def principal(self, token: str) -> Principal | None: ...


def new_token() -> str:
    """A fresh token, recognisable by its prefix to people and secret scanners."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored in a token's place; tokens carry 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


_bearer = HTTPBearer(auto_error=False, description="A token: `Authorization: Bearer mgh_…`.")


def requires(scope: str) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency that answers the principal, or 401 or 403 where `scope` is not allowed."""
    if scope not in SCOPES:
        raise ValueError(f"{scope!r} is no scope; there are {sorted(SCOPES)}")

    async def check(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Principal:
        if credentials is None:
            raise Unauthenticated(
                f"This needs a token with the scope {scope}: send `Authorization: Bearer <token>`.",
                headers={"WWW-Authenticate": f'Bearer scope="{scope}"'},
            )
        authenticator: Authenticator = request.app.state.authenticator
        principal = await authenticator.principal(credentials.credentials)
        if principal is None:
            raise Unauthenticated(
                "The token is not known, or no longer valid.",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if not principal.may(scope):
            raise Forbidden(
                f"The token of {principal.name} lacks the scope {scope}; "
                f"it has {', '.join(sorted(principal.scopes)) or 'none'}."
            )
        return principal

    return check
