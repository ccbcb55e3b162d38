"""Strong entity tags: how one is made, and compared with those that a client sends (RFC 9110)."""

from __future__ import annotations

import hashlib
import re

from pydantic import BaseModel

TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
WELL_FORMED = re.compile(rf"^[ \t]*\*[ \t]*$|{TAG.pattern}")
"""A field that is `*`, or has at least one entity tag."""


def etag_of(content: BaseModel | bytes) -> str:
    """The strong entity tag of some bytes, or of a model's content."""
    data = content if isinstance(content, bytes) else content.model_dump_json().encode()
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def is_among(etag: str, field: str, *, weakly: bool) -> bool:
    """Whether `etag` is one of the tags of an `If-None-Match` (weakly) or `If-Match` field."""
    if field.strip() == "*":
        return True
    tags = [match[0] for match in TAG.finditer(field)]
    if weakly:
        return etag.removeprefix("W/") in [tag.removeprefix("W/") for tag in tags]
    return not etag.startswith("W/") and etag in tags
