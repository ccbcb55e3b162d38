"""Keyset pages: opaque cursors in the body and in `Link` (RFC 8288), never an offset."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Annotated, Any

from fastapi import Query, Request, Response

from mergehub.kit.problems import BadRequest

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="`next_cursor` of the page before.")
]


class BadCursor(BadRequest):
    """The cursor was changed, comes from another hub, or from a list with other filters."""

    code, title = "bad-cursor", "The cursor is not one of ours"
    remedy = "Pass `next_cursor` of the page before with the same filters, or start without one."


def encode_cursor(*key: Any) -> str:
    """The opaque text of a sort key."""
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort key behind `cursor`. Raises BadCursor unless it is one value per kind."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(key, list) or len(key) != len(kinds):
            raise ValueError
        return [_typed(value, kind) for value, kind in zip(key, kinds, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, RecursionError):
        raise BadCursor("Pass `next_cursor` of the page before as it is, or none.") from None


def _typed(value: Any, kind: type) -> Any:
    """`value` as JSON gave it, turned into `kind`; int and str are taken only as such."""
    if kind in (int, str):
        if type(value) is not kind:
            raise ValueError
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError
        return value
    return kind.fromisoformat(value) if hasattr(kind, "fromisoformat") else kind(value)


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in the `Link` header, where there is one."""
    if cursor is not None:
        url = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
