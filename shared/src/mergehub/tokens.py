"""Check tokens as people paste them."""

from __future__ import annotations

import re

_SENDABLE = re.compile(r"[!-~]+", re.ASCII)


class BadToken(ValueError):
    """A text that cannot be a token; the message says why and never quotes the text."""


class EmptyToken(BadToken):
    """The given token is empty."""

    def __init__(self) -> None:
        super().__init__(
            "The token is empty: give one with --token or MERGEHUB_TOKEN, or leave both out."
        )


def read_token(text: str) -> str:
    """The token in `text`, without white space around it.

    Raises:
        EmptyToken: there is none.
        BadToken: it has characters that no token has and no request can carry.
    """
    token = text.strip()
    if not token:
        raise EmptyToken
    if not _SENDABLE.fullmatch(token):
        raise BadToken(
            "The token has white space or a character outside of ASCII, which no token has. Copy "
            "it again from where it was printed (--token, MERGEHUB_TOKEN)."
        )
    return token
