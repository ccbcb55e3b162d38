"""Keyset pages: opaque cursors in the body and in `Link` (RFC 8288), never an offset.

A cursor carries the sort key of a page's last item, under a seal (HMAC) of the hub's key and the
query that the page answers. So a cursor that was made up, or that belongs to another list or to
other filters, is refused before anything reads it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from mergehub.kit.problems.problem import BadRequest

TAG_BYTES = 16
UNBOUND = frozenset({"cursor", "limit"})  # what may change from page to page

_seal: ContextVar[bytes] = ContextVar("seal")

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]


class BadCursor(BadRequest):
    """The cursor was changed, comes from another hub, or from a list with other filters."""

    code, title = "bad-cursor", "The cursor is not one of ours"
    remedy = "Pass `next_cursor` of the page before with the same filters, or start without one."


async def _cursor_of_request(
    request: Request,
    cursor: Annotated[
        str | None, Query(max_length=4000, description="`next_cursor` of the page before.")
    ] = None,
) -> str | None:
    """The cursor that was sent; what is encoded and decoded from here on is of this request."""
    key: bytes = request.app.state.resources.settings.cursor_secret
    query = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in UNBOUND)
    _seal.set(seal(key, f"{request.url.path}?{urlencode(query)}"))
    return cursor


Cursor = Annotated[str | None, Depends(_cursor_of_request)]


def seal(key: bytes, query: str) -> bytes:
    """What the cursors of one query are sealed with."""
    return hmac.digest(key, query.encode(), "sha256")


@contextmanager
def sealed(with_seal: bytes) -> Iterator[None]:
    """Encode and decode cursors under `with_seal` while the block lasts."""
    before = _seal.set(with_seal)
    try:
        yield
    finally:
        _seal.reset(before)


def encode_cursor(*key: Any) -> str:
    """The opaque text of a sort key, for the query of the request at hand."""
    content = json.dumps(key, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(_tag(content) + content).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort key behind `cursor`. Raises BadCursor unless it is one value per kind."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        tag, content = raw[:TAG_BYTES], raw[TAG_BYTES:]
        if not hmac.compare_digest(tag, _tag(content)):
            raise ValueError
        key = json.loads(content)
        if not isinstance(key, list) or len(key) != len(kinds):
            raise ValueError
        return [_typed(value, kind) for value, kind in zip(key, kinds, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        raise BadCursor(
            "Pass `next_cursor` of the page before as it is, with the same filters, or none."
        ) from None


def _tag(content: bytes) -> bytes:
    return hmac.digest(_seal.get(), content, hashlib.sha256)[:TAG_BYTES]


def _typed(value: Any, kind: type) -> Any:
    """`value` as JSON gave it, turned into `kind`; int and str are taken only as such."""
    if kind in (int, str):
        if type(value) is not kind:
            raise ValueError
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError
        return value
    return kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)


def link_next(
    request: Request, response: Response, place: str | int | None, parameter: str = "cursor"
) -> None:
    """Name the next page in the `Link` header, where there is one: behind `place`."""
    if place is not None:
        asked = [pair for pair in request.query_params.multi_items() if pair[0] != parameter]
        query = urlencode([*asked, (parameter, place)])
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
