"""Scalars by the core schema of YAML 1.2, and no other.

YAML 1.1's additions (`yes`, `1:30` in base 60, `1_000`, dates) are text. The length of a number is
bounded before it is converted, since the time that this takes grows faster than the length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from mergehub.recipe.faults import excerpt

MAX_NUMBER: Final = 64
CORE: Final = "tag:yaml.org,2002:"

_NULLS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
_NUMBER_STARTS = frozenset("-+.0123456789")
_BASES = {"0o": 8, "0x": 16}


class NotInSchema(ValueError):
    """A scalar that its tag does not allow; the message says why."""


def plain(text: str) -> Any:
    """Return the value of a scalar without quotes or tag: null, true, false, a number or text.

    Raises:
        NotInSchema: a number of too many digits.
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INT.fullmatch(text):
        return _int(text)
    return _float(text) if _FLOAT.fullmatch(text) else text


def tagged(text: str, tag: str) -> Any:
    """Return the value of a scalar with a tag.

    Raises:
        NotInSchema: the tag is not in the schema, or the text is not of its kind.
    """
    kind = tag.removeprefix(CORE)
    if kind not in _READERS:
        raise NotInSchema(f"the YAML tag {excerpt(tag.replace(CORE, '!!'))} is not allowed here")
    return _READERS[kind](text)


def is_text(text: str) -> bool:
    """Return whether this text, written without quotes, is read as the same text."""
    try:
        return isinstance(plain(text), str)
    except NotInSchema:
        return False


def _int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise _not(text, "a whole number")
    base = _BASES.get(text[:2], 10)
    return int(_bounded(text)[2:] if base != 10 else _bounded(text), base)


def _float(text: str) -> float:
    if not _FLOAT.fullmatch(text):
        raise _not(text, "a number")
    sign, _, word = _bounded(text).lower().rpartition(".")
    return float(sign + word) if word in ("inf", "nan") else float(text)


def _bounded(text: str) -> str:
    if len(text) > MAX_NUMBER:
        raise NotInSchema(
            f"the number {excerpt(text)} has {len(text)} digits; the limit is {MAX_NUMBER}"
        )
    return text


def _word(words: dict[str, Any], name: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        if text not in words:
            raise _not(text, name)
        return words[text]

    return read


def _not(text: str, name: str) -> NotInSchema:
    return NotInSchema(f"{excerpt(text)} cannot be read as {name}")


_READERS: dict[str, Callable[[str], Any]] = {
    "null": _word(_NULLS, "null"),
    "bool": _word(_BOOLS, "true or false"),
    "int": _int,
    "float": _float,
    "str": str,
}
