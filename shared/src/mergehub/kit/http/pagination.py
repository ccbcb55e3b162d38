"""Keyset pages. The body and `Link` (RFC 8288) name the next page; there are no offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from mergehub.contracts.messages import Answer
from mergehub.kit.http.cursors import Cursors

Item = TypeVar("Item")
Row = TypeVar("Row")

UNBOUND = frozenset({"cursor", "limit"})  # what may change from page to page

Limit = Annotated[int, Query(ge=1, le=200, description="The largest number of items to return.")]
Cursor = Annotated[
    str | None, Query(max_length=4000, description="`next_cursor` of the previous page.")
]


class Page(Answer, Generic[Item]):
    """Some items of a list, and the cursor of the next page if there is one."""

    items: list[Item]
    next_cursor: str | None


class PageRequest:
    """The page of a list that a request asks for: at most `limit` items, after its cursor."""

    def __init__(
        self, limit: int, cursor: str | None, cursors: Cursors, link: Callable[[str], None]
    ) -> None:
        self.limit = limit
        self.cursor = cursor
        self._cursors = cursors
        self._link = link

    @property
    def rows(self) -> int:
        """How many rows to read: one more than the page shows, to see whether a next one exists."""
        return self.limit + 1

    def after(self, *kinds: type) -> tuple[Any, ...] | None:
        """The sort key that the page begins after, or None for the first. Raises BadCursor."""
        return self._cursors.decode(self.cursor, *kinds) if self.cursor else None

    def cut(
        self, rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows to show and the cursor of the next page, which `Link` names as well."""
        shown = rows[: self.limit]
        if len(rows) <= self.limit:
            return shown, None
        cursor = self._cursors.encode(*key(shown[-1]))
        self._link(cursor)
        return shown, cursor


async def _asked(
    request: Request, response: Response, limit: Limit = 50, cursor: Cursor = None
) -> PageRequest:
    secret: bytes = request.app.state.resources.settings.cursor_secret
    query = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in UNBOUND)
    return PageRequest(
        limit,
        cursor,
        Cursors(secret, f"{request.url.path}?{urlencode(query)}"),
        lambda place: link_next(request, response, place),
    )


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
