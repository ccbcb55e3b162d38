"""Calls of a hub and their answers as values; nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

T = TypeVar("T")
Body = TypeVar("Body", covariant=True)
Item = TypeVar("Item", covariant=True)

REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
KEY = "Idempotency-Key"


@dataclass(frozen=True)
class Call(Generic[Body]):
    """One operation with its parameters; its answer has a `Body`.

    Parameters that are None are left out. A keyed call creates something: it may be sent again with
    the same idempotency key.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    form: bool = False
    keyed: bool = False

    def under(self, key: str) -> Self:
        """The same call with an idempotency key, unless it has one."""
        return replace(self, headers={**self.headers, KEY: self.headers.get(KEY) or key})

    @property
    def repeatable(self) -> bool:
        """Whether sending it again can do no harm, even if an answer was lost."""
        return self.method in REPEATABLE or self.headers.get(KEY) is not None

    def request(self) -> dict[str, Any]:
        """The arguments for httpx."""
        return {
            "method": self.method,
            "url": self.path,
            "params": _given(self.query),
            "headers": _given(self.headers),
            ("data" if self.form else "json"): self.body,
        }


class Pages(Call[Body], Generic[Body, Item]):
    """A list that is read page by page: `Body` is a page, `Item` what it lists."""

    def behind(self, cursor: str) -> Self:
        """The call for the page after `cursor`."""
        return replace(self, query={**self.query, "cursor": cursor})


class Stream(Call[str]):
    """A stream of server-sent events."""


class Answer(dict[str, Any]):
    """The body of an answer, with its headers."""

    headers: Mapping[str, str]


def etag(read: Any) -> str:
    """The `ETag` of an answer, for `if_match` and `if_none_match`."""
    tag = read.headers.get("ETag") if isinstance(read, Answer) else None
    if tag is None:
        raise TypeError("This object has no ETag: pass the one that a call returned, not a copy.")
    return tag


def part(value: object) -> str:
    """A value as one segment of a path."""
    return quote(str(value), safe="")


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
