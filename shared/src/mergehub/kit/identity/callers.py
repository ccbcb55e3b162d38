"""Which quota a request counts against: that of a valid token, or else of the client's address.

A token has its own quota only after it proved valid. Until then its requests count against the
address, or each made-up token would bring a full quota. An address has separate buckets for
requests with and without a token, so that requests without one cannot keep a token from proving
valid.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from starlette.types import Scope

from mergehub.kit.identity.browsers import presented
from mergehub.kit.identity.tokens import Authenticator, hash_token

log = structlog.get_logger()


FREE = frozenset({"worker", "tokens:introspect"})
"""Scopes of the hub's own programs, which have no limit."""


@dataclass(frozen=True)
class Caller:
    """A caller; `key` names its bucket. A `free` caller is not counted."""

    key: str
    free: bool = False


class Callers:
    """Remembers for a minute which tokens are valid."""

    KNOWN_SECONDS = 60.0
    KNOWN_AT_MOST = 10_000

    def __init__(self) -> None:
        self._known: dict[str, tuple[Caller, float]] = {}

    async def of(self, scope: Scope) -> Caller:
        """The caller to count the request for, by what is known of its token."""
        token = _token(scope)
        known = self._known.get(hash_token(token)) if token else None
        if known is None:
            address = (scope.get("client") or ("unknown", 0))[0]
            return Caller(f"{'address-of-tokens' if token else 'address'}:{address}")
        caller, until = known
        if until < asyncio.get_running_loop().time() and not await self.learn(scope):
            return await self.of(scope)
        return caller

    async def learn(self, scope: Scope) -> bool:
        """Find out whether the request's token is valid; call this after counting the request."""
        token = _token(scope)
        if token is None:
            return False
        digest, now = hash_token(token), asyncio.get_running_loop().time()
        known = self._known.get(digest)
        if known is not None and known[1] >= now:
            return True
        scopes = await _scopes(scope, token)
        if scopes is None:
            self._known.pop(digest, None)
            return False
        if len(self._known) >= self.KNOWN_AT_MOST:
            self._known.clear()
        caller = Caller(f"token:{digest}", free=bool(FREE & scopes))
        self._known[digest] = (caller, now + self.KNOWN_SECONDS)
        return True


def _token(scope: Scope) -> str | None:
    sent = presented(scope)
    return sent.token if sent else None


async def _scopes(scope: Scope, token: str) -> frozenset[str] | None:
    authenticator: Authenticator | None = getattr(scope["app"].state, "authenticator", None)
    if authenticator is None:
        return None
    try:
        principal = await authenticator.principal(token)
    except Exception as error:  # the endpoint meets the same error and answers it
        log.warning("limits.token_unknown", error=type(error).__name__)
        return None
    return principal.scopes if principal else None
