"""The query parameters of a page, and the `Link` (RFC 8288) to the next one."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from mergehub.kit.paging.cursors import Cursors
from mergehub.kit.paging.pages import PageRequest

UNBOUND = frozenset({"cursor", "limit"})  # what may change from page to page

Limit = Annotated[int, Query(ge=1, le=200, description="The largest number of items to return.")]
Cursor = Annotated[
    str | None, Query(max_length=4000, description="`next_cursor` of the previous page.")
]


def page_request(
    request: Request, response: Response, limit: int, cursor: str | None
) -> PageRequest:
    """The page that a request asks for; its cursor is bound to the other parameters."""
    secret: bytes = request.app.state.resources.settings.cursor_secret
    query = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in UNBOUND)
    return PageRequest(
        limit,
        cursor,
        Cursors(secret, f"{request.url.path}?{urlencode(query)}"),
        lambda place: link_next(request, response, place),
    )


async def _asked(
    request: Request, response: Response, limit: Limit = 50, cursor: Cursor = None
) -> PageRequest:
    return page_request(request, response, limit, cursor)


Paging = Annotated[PageRequest, Depends(_asked)]
"""The query parameters `limit` and `cursor` of an operation that answers with pages."""


def link_next(
    request: Request, response: Response, place: str | int | None, parameter: str = "cursor"
) -> None:
    """Name the next page, which begins after `place`, in the `Link` header, if there is one."""
    if place is not None:
        asked = [pair for pair in request.query_params.multi_items() if pair[0] != parameter]
        query = urlencode([*asked, (parameter, place)])
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
