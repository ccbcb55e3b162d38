"""Opaque cursors. A cursor holds the sort key after which a page begins.

An HMAC with the hub's secret binds the key to the query that the page answers. So a cursor that
was made up, or that belongs to another list or to other filters, is refused before anything reads
it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from mergehub.kit.problems.problem import BadRequest

TAG_BYTES = 16


class BadCursor(BadRequest):
    """The cursor was changed, or comes from another hub or from a list with other filters."""

    code, title = "bad-cursor", "The cursor is not valid for this list"
    remedy = "Pass `next_cursor` of the previous page with the same filters, or start without one."


class Cursors:
    """The cursors of one query. It opens only those that it sealed, on any replica."""

    def __init__(self, secret: bytes, query: str) -> None:
        self._seal = hmac.digest(secret, query.encode(), hashlib.sha256)

    def encode(self, *key: Any) -> str:
        """The opaque text of a sort key."""
        content = json.dumps(key, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return base64.urlsafe_b64encode(self._tag(content) + content).decode().rstrip("=")

    def decode(self, cursor: str, *kinds: type) -> tuple[Any, ...]:
        """The sort key in `cursor`. Raises BadCursor unless it is one value per kind."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            tag, content = raw[:TAG_BYTES], raw[TAG_BYTES:]
            if not hmac.compare_digest(tag, self._tag(content)):
                raise ValueError
            key = json.loads(content)
            if not isinstance(key, list) or len(key) != len(kinds):
                raise ValueError
            return tuple(_typed(value, kind) for value, kind in zip(key, kinds, strict=True))
        except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
            raise BadCursor(
                "Pass `next_cursor` of the previous page unchanged, with the same filters."
            ) from None

    def _tag(self, content: bytes) -> bytes:
        return hmac.digest(self._seal, content, hashlib.sha256)[:TAG_BYTES]


def _typed(value: Any, kind: type) -> Any:
    """`value`, as JSON holds it, converted to `kind`; int and str are not converted."""
    if kind in (int, str):
        if type(value) is not kind:
            raise ValueError
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError
        return value
    return kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)
