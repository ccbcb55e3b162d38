"""A cache of answers about tokens, which saves a query or a call to the registry."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from mergehub.kit.identity.tokens import Authenticator, Principal, hash_token
from mergehub.kit.single_flight import SingleFlight

KEPT_SECONDS = 30.0
KEPT_TOKENS = 10_000


class CachingAuthenticator:
    """Asks another authenticator about a token at most once in `seconds`.

    Keys are hashes, so a dump of this process's memory reveals no token. Known and unknown tokens
    are kept apart, at most `size` of each, so that a flood of wrong tokens displaces no valid one.
    """

    def __init__(
        self, asked: Authenticator, *, seconds: float = KEPT_SECONDS, size: int = KEPT_TOKENS
    ) -> None:
        self._asked = asked
        self._seconds = seconds
        self._size = size
        self._known: dict[str, tuple[Principal, float]] = {}
        self._unknown: dict[str, float] = {}
        self._asking = SingleFlight[str, Principal | None]()
        self._generation = 0

    def __len__(self) -> int:
        return len(self._known) + len(self._unknown)

    async def principal(self, token: str) -> Principal | None:
        """The holder of `token`, or None if it is unknown; the answer is at most `seconds` old."""
        key, now = hash_token(token), time.monotonic()
        known = self._known.get(key)
        if known is not None and now < known[1]:
            return known[0]
        if now < self._unknown.get(key, 0):
            return None
        generation = self._generation
        return await self._asking(key, lambda: self._answer(key, token, generation))

    def forget(self) -> None:
        """Drop all kept answers, and do not keep those that are still pending."""
        self._generation += 1
        self._known.clear()
        self._unknown.clear()
        self._asking.forget()

    async def _answer(self, key: str, token: str, generation: int) -> Principal | None:
        principal = await self._asked.principal(token)
        if generation == self._generation:
            self._keep(key, principal)
        return principal

    def _keep(self, key: str, principal: Principal | None) -> None:
        """Keep an answer, and drop the oldest ones if there are too many."""
        self._known.pop(key, None)
        self._unknown.pop(key, None)
        if principal is None:
            _make_room(self._unknown, self._size)
            self._unknown[key] = time.monotonic() + self._seconds
        else:
            _make_room(self._known, self._size)
            self._known[key] = (principal, time.monotonic() + self._lasting(principal))

    def _lasting(self, principal: Principal) -> float:
        """How many seconds an answer holds: at most until the token expires."""
        if principal.expires_at is None:
            return self._seconds
        left = (principal.expires_at - datetime.now(UTC)).total_seconds()
        return min(self._seconds, left)


def _make_room(kept: dict[str, Any], size: int) -> None:
    while len(kept) >= size:
        del kept[next(iter(kept))]
