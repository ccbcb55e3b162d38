"""Strong entity tags: how one is made, and compared with those that a client sends (RFC 9110)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from pydantic import BaseModel

TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
SEPARATOR = "."
WELL_FORMED = re.compile(rf"^[ \t]*\*[ \t]*$|{TAG.pattern}")
"""A field that is `*`, or has at least one entity tag."""


def etag_of(content: BaseModel | bytes, counted: Collection[str] = ()) -> str:
    """The strong entity tag of some bytes, or of a model's content.

    The `counted` fields of a model change by what others do. They have a part of the tag of their
    own, which `If-Match` disregards: a counter that rises must not refuse its owner's change.
    """
    if isinstance(content, bytes):
        return f'"{_hash(content)}"'
    state = _hash(content.model_dump_json(exclude=set(counted)).encode())
    if not counted:
        return f'"{state}"'
    counts = content.model_dump_json(include=set(counted)).encode()
    return f'"{state}{SEPARATOR}{_hash(counts)}"'


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def is_among(etag: str, field: str, *, weakly: bool) -> bool:
    """Whether `etag` is one of the tags of an `If-None-Match` (weakly) or `If-Match` field."""
    if field.strip() == "*":
        return True
    tags = [match[0] for match in TAG.finditer(field)]
    if weakly:
        return etag.removeprefix("W/") in [tag.removeprefix("W/") for tag in tags]
    return not etag.startswith("W/") and _state(etag) in map(_state, tags)


def _state(etag: str) -> str:
    """The part of a tag that counters do not change."""
    return etag.rstrip('"').partition(SEPARATOR)[0]
