"""A sign-in that has begun: what the browser keeps until the provider sends it back.

State, nonce and the PKCE verifier are derived from one secret in a cookie of the browser. So the
server stores nothing, the provider's response is good in no other browser, and a reader of the
`state` in a URL learns nothing about the rest.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

COOKIE = "mergehub-sign-in"
SECONDS = 600
LOCAL_PATH = r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$"
"""Paths of this hub. None leads to another host, however a browser reads its slashes."""


@dataclass(frozen=True)
class Pending:
    """One sign-in, and the path to return to after it."""

    secret: str
    return_to: str

    @classmethod
    def begin(cls, return_to: str) -> Self:
        return cls(secrets.token_urlsafe(32), return_to)

    @classmethod
    def kept(cls, cookie: str) -> Self | None:
        """Return the sign-in in a cookie, or None if the cookie is not ours."""
        secret, _, path = cookie.partition(".")
        return_to = unquote(path)
        if len(secret) < 40 or not re.fullmatch(LOCAL_PATH, return_to):
            return None
        return cls(secret, return_to)

    @property
    def cookie(self) -> str:
        return f"{self.secret}.{quote(self.return_to)}"

    @property
    def state(self) -> str:
        return self._drawn("state")

    @property
    def nonce(self) -> str:
        return self._drawn("nonce")

    @property
    def verifier(self) -> str:
        return self._drawn("verifier")

    def is_of(self, state: str) -> bool:
        """Whether a response with `state` belongs to this sign-in."""
        return hmac.compare_digest(state.encode(), self.state.encode())

    def _drawn(self, what: str) -> str:
        drawn = hmac.digest(self.secret.encode(), f"mergehub sign-in {what}".encode(), "sha256")
        return base64.urlsafe_b64encode(drawn).decode().rstrip("=")
