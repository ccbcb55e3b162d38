"""Signatures by Standard Webhooks 1.0.0 over `id.timestamp.body`.

`v1` is HMAC-SHA256 with a secret (`whsec_`) that both sides know. `v1a` is Ed25519: the hub signs
with a key (`whsk_`) that it never shows; the public key (`whpk_`) verifies but cannot sign.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Signature = Literal["v1", "v1a"]

SHARED, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SECRET_BYTES = 32  # of a shared secret, or of the seed of an Ed25519 key


def new_secret(signature: Signature) -> str:
    """Return a new secret or private key; its prefix says which, for `signed_headers`."""
    prefix = PRIVATE if signature == "v1a" else SHARED
    return prefix + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def public_key(secret: str) -> str | None:
    """Return the public key of a private key; None for a shared secret."""
    if not secret.startswith(PRIVATE):
        return None
    raw = _private_key(secret).public_key().public_bytes_raw()
    return PUBLIC + base64.b64encode(raw).decode()


def message_id(event: UUID) -> str:
    """Return the `webhook-id`: the event's own id, so that all attempts and replays share it."""
    return f"msg_{event.hex}"


def signed_headers(
    secrets: Sequence[str], message: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers, with one signature for each secret."""
    signed = f"{message}.{timestamp}.".encode() + body
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    if secret.startswith(PRIVATE):
        return "v1a," + base64.b64encode(_private_key(secret).sign(signed)).decode()
    key = base64.b64decode(secret.removeprefix(SHARED))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _private_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.removeprefix(PRIVATE)))
