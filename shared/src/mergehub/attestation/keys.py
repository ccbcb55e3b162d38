"""The keys that sign statements: Ed25519, written as PEM."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

MOST_KEYS: Final = 100
LONGEST: Final = 64 << 10
"""The most keys in a file of public keys, and the most characters of any file with keys."""

_PUBLIC: Final = re.compile(r"-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----")


class BadKey(ValueError):
    """A text is not the key that it should be; the message says what would be right."""


@dataclass(frozen=True)
class PublicKey:
    """A key that checks signatures. `id` is the SHA-256 of its DER form (SubjectPublicKeyInfo)."""

    id: str
    pem: str
    _key: Ed25519PublicKey

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether the signature of the content was made with the private key of this one."""
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A key that signs, its PEM, and its public key."""

    public: PublicKey
    pem: str = field(repr=False)
    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        """The signature of the content, 64 bytes."""
        return self._key.sign(content)


def new_key() -> str:
    """A new private key."""
    return _pem(Ed25519PrivateKey.generate())


def new_elliptic_key() -> str:
    """A new private key on the curve P-256, for formats without Ed25519."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def elliptic_public_key(pem: str) -> str:
    """The public key of a private key on a curve. Raises BadKey."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadKey("it is not a private key on an elliptic curve in PEM")
    form = PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(Encoding.PEM, form).decode()


def elliptic_key_in(text: str) -> str:
    """The public key on a curve that a text holds, as PEM. Raises BadKey."""
    found = _PUBLIC.findall(text) if len(text) <= LONGEST else []
    if "PRIVATE KEY" in text or len(found) != 1:
        raise BadKey("it must hold one public key in PEM (BEGIN PUBLIC KEY), and no private one")
    try:
        key = load_pem_public_key(found[0].encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise BadKey("it is not a key on an elliptic curve: `mergehub keys --model-signature`")
    return f"{found[0]}\n"


def signing_key(pem: str) -> SigningKey:
    """The private key of a text. Raises BadKey."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(
            "it is not a private Ed25519 key in PEM without a password: "
            "`openssl genpkey -algorithm ed25519` makes one"
        )
    return SigningKey(_public(key.public_key()), pem, key)


def public_keys(text: str) -> list[PublicKey]:
    """The public keys of a text, one or several. Raises BadKey."""
    found = _PUBLIC.findall(text) if len(text) <= LONGEST else []
    if "PRIVATE KEY" in text:
        raise BadKey("it holds a private key: give the public key, and keep the private one secret")
    if not 1 <= len(found) <= MOST_KEYS:
        raise BadKey(f"it must hold 1 to {MOST_KEYS} public keys in PEM (BEGIN PUBLIC KEY)")
    return [_read(pem) for pem in found]


def kept_key(path: Path) -> SigningKey:
    """The private key in a file; the first call makes it, and only its owner may read it.

    Raises:
        BadKey: the file holds something else.
        OSError: the file can be neither read nor made.
    """
    if not path.exists():
        keep(path, new_key())
    with path.open(encoding="ascii", errors="replace") as file:
        text = file.read(LONGEST)
    try:
        return signing_key(text)
    except BadKey as error:
        raise BadKey(f"{path}: {error}") from None


def keep(path: Path, pem: str) -> None:
    """Write a key that only its owner may read, at once, unless another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink(missing_ok=True)


def _pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _read(pem: str) -> PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey("one of its keys is not an Ed25519 key: statements are signed with no other")
    return _public(key)


def _public(key: Ed25519PublicKey) -> PublicKey:
    form = PublicFormat.SubjectPublicKeyInfo
    return PublicKey(
        id=hashlib.sha256(key.public_bytes(Encoding.DER, form)).hexdigest(),
        pem=key.public_bytes(Encoding.PEM, form).decode(),
        _key=key,
    )
