"""A sign-in that has begun: what the browser keeps until the provider sends it back.

State, nonce and the PKCE verifier are drawn from one secret that lies in a cookie of the browser
that began. So nothing is stored here, what comes back fits no other browser, and who reads the
`state` in an address learns nothing of the rest.
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
"""Paths of this hub: no other host, whatever a browser makes of slashes and backslashes."""


@dataclass(frozen=True)
class Pending:
    """One sign-in, and where it leads in the end."""

    secret: str
    return_to: str

    @classmethod
    def begin(cls, return_to: str) -> Self:
        return cls(secrets.token_urlsafe(32), return_to)

    @classmethod
    def kept(cls, cookie: str) -> Self | None:
        """What a cookie keeps, or None where it is not one of ours."""
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
        """Whether what comes back with `state` belongs here."""
        return hmac.compare_digest(state.encode(), self.state.encode())

    def _drawn(self, what: str) -> str:
        drawn = hmac.digest(self.secret.encode(), f"mergehub sign-in {what}".encode(), "sha256")
        return base64.urlsafe_b64encode(drawn).decode().rstrip("=")
