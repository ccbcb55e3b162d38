"""Secrets that the hub needs again are stored sealed: AES-256-GCM, bound to their place.

An attacker who reads the database without the keys learns nothing. One who writes to it cannot
move a secret from one row to another.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mergehub.kit.problems.problem import Problem

PREFIX = "sealed:1:"
NONCE_BYTES = 12


class SecretsKeyMissing(Problem):
    """The hub has no key to encrypt secrets with, so it stores none."""

    status, code, title = 503, "secrets-key-missing", "The hub has no key to encrypt secrets with"
    remedy = "Ask the operator of the hub to set `MERGEHUB_SECRETS_KEYS`."


class SealBroken(ValueError):
    """A stored secret cannot be opened: it was altered or moved, or its key is missing."""


class Sealer:
    """Seals with the first of `keys` (32 bytes each) and opens with any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_name(key): AESGCM(key) for key in keys}
        self._newest = _name(keys[0]) if keys else None

    @property
    def prefix(self) -> str | None:
        """How each secret begins that is sealed with the newest key; None without a key."""
        return None if self._newest is None else f"{PREFIX}{self._newest}:"

    def seal(self, secret: str, place: str) -> str:
        """`secret`, sealed for `place`; `open` needs the same place. Raises SecretsKeyMissing."""
        if self._newest is None or self.prefix is None:
            raise SecretsKeyMissing("MERGEHUB_SECRETS_KEYS is not set.")
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, secret.encode(), place.encode())
        return self.prefix + base64.b64encode(nonce + sealed).decode()

    def knows(self, sealed: str) -> bool:
        """Whether `sealed` was sealed with one of the keys."""
        return sealed.startswith(PREFIX) and _key_of(sealed) in self._ciphers

    def open(self, sealed: str, place: str) -> str:
        """The secret that was sealed for `place`. Raises SealBroken."""
        if not self.knows(sealed):
            raise SealBroken(f"It is not sealed with a key of MERGEHUB_SECRETS_KEYS ({place}).")
        try:
            data = base64.b64decode(sealed.rpartition(":")[2], validate=True)
            opened = self._ciphers[_key_of(sealed)].decrypt(
                data[:NONCE_BYTES], data[NONCE_BYTES:], place.encode()
            )
        except (InvalidTag, ValueError):
            raise SealBroken(f"It was altered, or moved from another place ({place}).") from None
        return opened.decode()


def _key_of(sealed: str) -> str:
    return sealed.removeprefix(PREFIX).partition(":")[0]


def _name(key: bytes) -> str:
    """A name that identifies a key and does not reveal it."""
    return hashlib.sha256(b"mergehub key " + key).hexdigest()[:8]
