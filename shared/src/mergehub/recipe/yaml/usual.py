"""Reads the layout that nearly all recipes have, in a fraction of the time of a YAML parser.

That is: mappings and lists in blocks, each key and each value in one line of ASCII. `usual` gives
up on everything else, also on all that is a fault or a warning, and leaves it to the parser. What
it reads, the parser would read as the same; a test compares the two.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, TypeVar

from .core_schema import MAX_NUMBER, NotInSchema, plain
from .former_yaml import otherwise

T = TypeVar("T")

MAX_USUAL: Final = 16 * 1024
"""The longest text read here, well within all other limits."""
_MAX_OPEN: Final = 16
_KEPT: Final = 4096
"""How many numbers and short words are kept as they were read."""

_CHARACTER = r"[A-Za-z0-9_./@+~-]"
_WORD = rf"-?[A-Za-z0-9_./]{_CHARACTER}*+"
_QUOTED = r"'[ !#-&(-~]*' | \"[ !#-\[\]-~]*\""
_LIST = rf"\[ (?:{_WORD} (?:,\ *{_WORD})*)? \]"
_LINE = re.compile(
    rf"""
    (\ *+) (-\ ++)? (?: ([A-Za-z_][A-Za-z0-9_]{{0,63}}) : (?=\ |$) )? \ *+
    ( {_WORD} (?:[\ :]{_CHARACTER}++)*+ | {_QUOTED} | {_LIST} | \{{\}} )?
    \ *+ (?: (?:(?<=\ )|(?<!.)) \#[\ -~]* )?
    """,
    re.VERBOSE,
)
"""A line: its indent, the dash of an item, a key, a value, and a comment, all of which may lack."""
_WORDS: Final = frozenset({"null", "yes", "no", "true", "false", "on", "off", "y", "n"})
_LONGEST_WORD: Final = max(map(len, _WORDS))
_NUMBER_STARTS: Final = frozenset("-+.0123456789")


class _Unusual(Exception):
    """Something that the parser has to read."""


def usual(text: str) -> dict[str, Any] | None:
    """The mapping that a text of the usual layout is; None if the parser has to read it."""
    if len(text) > MAX_USUAL:
        return None
    try:
        reading = _Reading()
        for line in text.split("\n"):
            reading.take(line)
        return reading.root
    except _Unusual:
        return None


class _Reading:
    """The mappings and lists that are open, each with its column, and a key without a value yet."""

    def __init__(self) -> None:
        self.root: dict[str, Any] | None = None
        self._open: list[tuple[int, Any]] = []
        self._key: tuple[int, dict[str, Any], str] | None = None

    def take(self, line: str) -> None:
        """Read the next line. Raises _Unusual."""
        found = _LINE.fullmatch(line)
        if found is None:
            raise _Unusual
        indent, dash, key, value = found.groups()
        column = len(indent)
        if dash is not None:
            items = self._items(column)
            if key is None:
                items.append(_read(value))
                return
            mapping: dict[str, Any] = {}
            items.append(mapping)
            self._begin(column + len(dash), mapping)
            self._take(column + len(dash), mapping, key, value)
        elif key is not None:
            self._take(column, self._mapping(column), key, value)
        elif value is not None:
            raise _Unusual

    def _take(self, column: int, mapping: dict[str, Any], key: str, value: str | None) -> None:
        if key in mapping or (len(key) <= _LONGEST_WORD and key.lower() in _WORDS):
            raise _Unusual
        if value is None:
            mapping[key], self._key = None, (column, mapping, key)
        else:
            mapping[key], self._key = _read(value), None

    def _items(self, column: int) -> list[Any]:
        """The list that an item at this column belongs to."""
        if self._key is None or column < self._key[0]:
            return self._at(column, list)
        items: list[Any] = []
        self._value(column, items)
        return items

    def _mapping(self, column: int) -> dict[str, Any]:
        """The mapping that a key at this column belongs to."""
        if self.root is not None and (self._key is None or column <= self._key[0]):
            return self._at(column, dict)
        mapping: dict[str, Any] = {}
        if self.root is None:
            self.root = mapping
            self._begin(column, mapping)
        else:
            self._value(column, mapping)
        return mapping

    def _value(self, column: int, value: Any) -> None:
        """Begin the value of the key that has none."""
        assert self._key is not None
        _, mapping, key = self._key
        mapping[key], self._key = value, None
        self._begin(column, value)

    def _begin(self, column: int, value: Any) -> None:
        if len(self._open) == _MAX_OPEN or (column and not self._open):
            raise _Unusual
        self._open.append((column, value))

    def _at(self, column: int, kind: type[T]) -> T:
        """The open mapping or list at a column; those within it end there."""
        self._key = None
        while self._open:
            begun, value = self._open[-1]
            if begun == column and isinstance(value, kind):
                return value
            if begun < column:
                break
            self._open.pop()
        raise _Unusual


def _read(value: str | None) -> Any:
    """The value that is written in one line."""
    if value is None:
        raise _Unusual
    first = value[0]
    if first in "'\"":
        return value[1:-1]
    if first == "{":
        return {}
    if first == "[":
        return [_scalar(each.strip()) for each in value[1:-1].split(",") if each]
    return _scalar(value)


def _scalar(text: str) -> Any:
    if text[0] not in _NUMBER_STARTS and (len(text) > _LONGEST_WORD or text.lower() not in _WORDS):
        return text
    if len(text) > MAX_NUMBER:
        raise _Unusual
    return _short(text)


@lru_cache(_KEPT)
def _short(text: str) -> Any:
    try:
        value = plain(text)
    except NotInSchema:
        raise _Unusual from None
    if otherwise(text, value):
        raise _Unusual
    return value
