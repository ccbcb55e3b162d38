"""Single values of strangers' files, read leniently: what cannot be read is None."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from typing import Any

LONGEST_TEXT = 100
LONGEST_EVIDENCE = 500
LONGEST_SOURCE = 60
LONGEST_WORD = 60
MOST_WORDS = 20
LARGEST = 2**53 - 1
MOST_LAYERS = 1_000
_RANGE = re.compile(r"\[?\s*(\d{1,6})\s*[,:-]\s*(\d{1,6})\s*\]?")
_RANGES = re.compile(r"\d{1,6}-\d{1,6}(?:[\s,;]+\d{1,6}-\d{1,6}){1,999}")
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([kKmMbBtT]?)[bB]?")
_SIZES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
LONGEST_LIST = 100_000
_QUOTED = re.compile(r"""["']([^"'\[\]{}]{1,600})["']""")
_DIGEST = re.compile(r"[\w:.+/=-]{1,200}")


def text(value: Any) -> str | None:
    """A short text on one line."""
    shown = " ".join(str(value).split()) if isinstance(value, str | int | float) else ""
    return shown if 0 < len(shown) <= LONGEST_TEXT and shown.isprintable() else None


def number(value: Any) -> float | None:
    """A finite number, also as text, also in percent."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    percent = False
    if isinstance(value, str):
        value = value.strip().replace(",", ".") if len(value) < 64 else ""
        percent = value.endswith("%")
    try:
        read = float(value[:-1]) / 100 if percent else float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def share(value: Any) -> float | None:
    """A number from 0 to 1."""
    found = number(value)
    return found if found is not None and 0 <= found <= 1 else None


def source(value: Any) -> str | None:
    """The name of a source: letters, digits, dots, hyphens and underscores; others are hyphens."""
    shown = text(value) or ""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", shown)[:LONGEST_SOURCE].strip("-._") or None


def size(value: Any) -> int | None:
    """A count of parameters, such as 7000000000 or 7B."""
    found = _SIZE.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    if found is None or isinstance(value, bool):
        return None
    count = float(found[1]) * _SIZES[found[2].lower()]
    return int(count) if 0 < count <= LARGEST and count.is_integer() else None


def day(value: Any) -> date | None:
    """The day of a date or time in ISO 8601, if a model can be of it; a hub refuses others."""
    try:
        read = date.fromisoformat(value.strip()[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
    return read if read is not None and 1970 <= read.year < 9999 else None


def digest(value: Any) -> str | None:
    """The digest of a revision."""
    shown = value.strip() if isinstance(value, str) else ""
    return shown if _DIGEST.fullmatch(shown) else None


def layers(value: Any) -> tuple[tuple[int, int], ...] | None:
    """Layer ranges [start, end), as lists or as text such as `0-16` or `[[0, 16], [8, 24]]`."""
    if isinstance(value, str):
        value = _listed(value.strip())
    if isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_count, value)):
        value = [value]
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_LAYERS:
        return None
    found = tuple(
        (each[0], each[1])
        for each in value
        if isinstance(each, list | tuple) and len(each) == 2 and all(map(_is_count, each))
    )
    good = len(found) == len(value) and all(start < end for start, end in found)
    return found if good else None


def evidence(value: Any) -> str | None:
    """An address, or another short hint at where something is written."""
    shown = value.strip() if isinstance(value, str) else ""
    return shown if 0 < len(shown) <= LONGEST_EVIDENCE and shown.isprintable() else None


def words(value: Any) -> tuple[str, ...]:
    """Some short texts, as a list or as one text with commas or semicolons between them."""
    listed = re.split(r"[,;|]", value) if isinstance(value, str) else texts(value)
    found = dict.fromkeys(each for each in map(text, listed) if each and len(each) <= LONGEST_WORD)
    return tuple(found)[:MOST_WORDS]


def texts(value: Any) -> list[str]:
    """A list of texts, or one text as a list of one."""
    several = value if isinstance(value, list | tuple) else [value]
    return [each for each in several if isinstance(each, str)]


def listed(value: str) -> str | list[Any] | dict[str, Any]:
    """The list or object that a text shows, as in a cell of CSV; else the text.

    A list may be JSON, or the way in which Python or NumPy prints it.
    """
    shown = value.strip()
    if shown[:1] not in ("[", "{") or len(shown) > LONGEST_LIST:
        return value
    try:
        found = json.loads(shown)
    except (ValueError, RecursionError):
        found = _QUOTED.findall(shown) if shown[0] == "[" else None
    return found if isinstance(found, list | dict) else value


def _listed(written: str) -> Any:
    if found := _RANGE.fullmatch(written):
        return [int(found[1]), int(found[2])]
    if len(written) < LONGEST_LIST and _RANGES.fullmatch(written):
        pairs = (each.split("-") for each in re.split(r"[\s,;]+", written))
        return [[int(start), int(end)] for start, end in pairs]
    try:
        return json.loads(written) if len(written) < 20_000 else None
    except (ValueError, RecursionError):
        return None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
