"""The key of this machine: MERGEHUB_SIGNING_KEY, or a file in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mergehub.variables import variable
from mergehub.whereabouts import default_folder

from .keys import (
    BadKey,
    PublicKey,
    SigningKey,
    elliptic_public_key,
    keep,
    kept_key,
    new_elliptic_key,
    signing_key,
)

KEY_FILE: Final = "signing-key.pem"
ELLIPTIC_FILE: Final = "model-signing-key.pem"
KEY_FILES: Final = (KEY_FILE, ELLIPTIC_FILE)
SETTING: Final = "MERGEHUB_SIGNING_KEY"


def own_key(folder: Path | None = None) -> SigningKey:
    """The key that signs on this machine; the first call makes it in the data folder.

    Raises:
        BadKey: it cannot be read or made; the message says what to do.
        BadVariable: a variable is in a file that cannot be read.
    """
    if given := variable(SETTING):
        try:
            return signing_key(given)
        except BadKey as error:
            raise BadKey(f"{SETTING}: {error}") from None
    path = (folder or default_folder()) / KEY_FILE
    try:
        return kept_key(path)
    except OSError as error:
        raise BadKey(
            f"{path}, the key that signs, cannot be read or made: {error.strerror}. Give another "
            f"data folder with MERGEHUB_DATA, or a key with {SETTING}"
        ) from error


def own_elliptic_key() -> Path:
    """The file with the key (ECDSA, P-256) of OpenSSF model signatures; the first call makes it.

    That format allows no Ed25519. Raises BadKey if the file cannot be made.
    """
    path = default_folder() / ELLIPTIC_FILE
    try:
        if not path.exists():
            keep(path, new_elliptic_key())
    except OSError as error:
        raise BadKey(f"{path}, the key that signs, cannot be made: {error.strerror}") from error
    return path


def known_elliptic_key() -> str | None:
    """The public key (PEM) of OpenSSF model signatures here, or None if there is no key yet.

    Raises BadKey if the file holds something else.
    """
    path = default_folder() / ELLIPTIC_FILE
    if not path.is_file():
        return None
    try:
        return elliptic_public_key(path.read_text(encoding="ascii", errors="replace"))
    except OSError as error:
        raise BadKey(f"{path} cannot be read: {error.strerror}") from error


def known_key() -> PublicKey | None:
    """The public key of this machine, or None if it has no key yet; raises the same."""
    if variable(SETTING) or (default_folder() / KEY_FILE).exists():
        return own_key().public
    return None
