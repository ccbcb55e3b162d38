"""Vocabularies whose tokens are bytes: tiktoken's lines and Mistral's tekken.json.

Their tokens are written as in GPT-2 and `tokenizer.json`, each byte as one printable character, so
that a vocabulary can be compared with the same vocabulary in another file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

_SHOWN: Final = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
_OTHERS: Final = count(0x100)
_SPELT: Final = [chr(byte if byte in _SHOWN else next(_OTHERS)) for byte in range(256)]

Entry = tuple[str, Any]
"""A token and its id."""


def is_tiktoken(content: bytes) -> bool:
    """Whether a file has tiktoken's form: a token in base64 and its rank on each line."""
    token, _, rank = content.partition(b"\n")[0].strip().partition(b" ")
    return rank.isdigit() and _bytes(token.decode("latin-1")) is not None


def tiktoken(content: bytes) -> Iterator[Entry]:
    """The tokens and ids of a tiktoken file; raises ValueError if a line has another form."""
    for line in content.decode("latin-1").splitlines():
        if not line.strip():
            continue
        token, _, rank = line.strip().partition(" ")
        yield _spelt(token), int(rank)


def tekken(document: dict[str, Any]) -> Iterator[Entry]:
    """The tokens and ids of a tekken.json; raises ValueError or KeyError if it has another form."""
    config = document["config"]
    special = config["default_num_special_tokens"]
    ranks = config["default_vocab_size"] - special
    for entry in document.get("special_tokens") or ():
        yield entry["token_str"], entry["rank"]
    for entry in document["vocab"]:
        if entry["rank"] < ranks:
            yield _spelt(entry["token_bytes"]), entry["rank"] + special


def _spelt(token: str) -> str:
    content = _bytes(token)
    if content is None:
        raise ValueError(f"{token[:40]!r} is not base64")
    return "".join(_SPELT[byte] for byte in content)


def _bytes(token: str) -> bytes | None:
    try:
        return base64.b64decode(token, validate=True)
    except ValueError:
        return None
