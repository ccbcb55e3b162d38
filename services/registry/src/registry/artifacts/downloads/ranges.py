"""The range of a file that a request asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import NamedTuple

from mergehub.kit.entity_tags import is_among
from registry.artifacts.downloads.errors import RangeNotSatisfiable

UNIT = re.compile(r"\s*bytes\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)
ONE = re.compile(r"(?:(?P<first>\d{1,19})-(?P<last>\d{0,19})|-(?P<suffix>\d{1,19}))\s*")


class Span(NamedTuple):
    """The bytes from `start` to before `stop`."""

    start: int
    stop: int


def wanted(field: str | None, if_range: str | None, etag: str, size: int) -> Span | None:
    """The range that `Range` asks for, or None for the whole file.

    The whole file is also the answer to several ranges, to other units than bytes, and if
    `If-Range` names another state of the file.

    Raises RangeNotSatisfiable.
    """
    unit = UNIT.fullmatch(field) if field is not None else None
    if unit is None or "," in unit[1] or not _holds(if_range, etag):
        return None
    one = ONE.fullmatch(unit[1])
    if one is None:
        raise _refused(f"The range {unit[1][:50]!r} is not like 0-1023, 1024- or -1024.", size)
    span = _span(one, size)
    if span.start >= span.stop:
        raise _refused(f"The file has {size} bytes; no range {unit[1]} is in it.", size)
    return span


def _holds(if_range: str | None, etag: str) -> bool:
    return if_range is None or (if_range.strip() != "*" and is_among(etag, if_range, weakly=False))


def _span(one: re.Match[str], size: int) -> Span:
    if one["suffix"] is not None:
        return Span(max(0, size - int(one["suffix"])), size)
    first, last = int(one["first"]), one["last"]
    if last and int(last) < first:
        return Span(0, 0)
    return Span(first, min(size, int(last) + 1) if last else size)


def _refused(detail: str, size: int) -> RangeNotSatisfiable:
    return RangeNotSatisfiable(detail, headers={"Content-Range": f"bytes */{size}"})
