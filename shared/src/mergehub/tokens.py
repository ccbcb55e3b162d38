"""Tokens as people paste them: what could be one, and what could not be sent."""

from __future__ import annotations

import re

_SENDABLE = re.compile(r"[!-~]+", re.ASCII)


class BadToken(ValueError):
    """A text that cannot be a token; the message says why, and never has the text in it."""


class EmptyToken(BadToken):
    """A token was given, and there is nothing in it."""

    def __init__(self) -> None:
        super().__init__(
            "The token is empty: give one with --token or MERGEHUB_TOKEN, or leave both out."
        )


def read_token(text: str) -> str:
    """The token in `text`, without white space around it.

    Raises:
        EmptyToken: there is none.
        BadToken: it has characters that no token has, and that no request can carry.
    """
    token = text.strip()
    if not token:
        raise EmptyToken
    if not _SENDABLE.fullmatch(token):
        raise BadToken(
            "That cannot be a token: it has white space, or a character outside of ASCII, in it. "
            "Copy it again from where it was printed (--token, MERGEHUB_TOKEN)."
        )
    return token
