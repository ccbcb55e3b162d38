"""Keyset pages: a page begins after a sort key; there are no offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from mergehub.contracts.messages import Answer
from mergehub.kit.paging.cursors import Cursors

Item = TypeVar("Item")
Row = TypeVar("Row")


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
        return shown, self.next_after(*key(shown[-1]))

    def next_after(self, *key: Any) -> str:
        """The cursor of the page that begins after this sort key, which `Link` names as well."""
        cursor = self._cursors.encode(*key)
        self._link(cursor)
        return cursor
