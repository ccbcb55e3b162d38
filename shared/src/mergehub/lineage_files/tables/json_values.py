"""The values of a file of JSON: one on each line, one after the other, or those of one list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from mergehub.lineage_files.rows import Skipped, Unreadable
from mergehub.lineage_files.text import Line, Readable, blocks, lines

LONGEST_VALUE = 32 << 20
"""The most characters of one value that is not on a line of its own."""
MOST_IN_VAIN = 100
"""How many lines at the beginning may be no JSON."""
PIECE = 1 << 18
_BETWEEN = re.compile(r"[\s,\ufeff]*")


def values(path: Readable) -> Iterator[tuple[int, Any]]:
    """The values with their lines; those of a list that fills the file, with their places in it.

    A line that is not JSON is a `Skipped`, if each line is a value of its own.

    Raises:
        Unreadable: the file is not JSON at all, or one value is too long.
    """
    source = lines(path)
    first = list(islice(source, 2))
    if not first or _is_document(first):
        yield from enumerate(_streamed(path), 1)
        return
    yield from _of_lines(chain(first, source), path.name)


def _of_lines(source: Iterable[Line | Skipped], name: str) -> Iterator[tuple[int, Any]]:
    """The value on each line. Raises Unreadable if none is found before many that are not JSON."""
    held: list[Skipped] = []
    found = False
    for line in source:
        value = _value(line)
        if found or not isinstance(value, Skipped):
            yield from ((each.line or 0, each) for each in held)
            held, found = [], True
            yield (line.line or 0 if isinstance(line, Skipped) else line[0]), value
            continue
        held.append(value)
        if len(held) == MOST_IN_VAIN:
            break
    if held:
        where = f"from line {held[0].line} on: {held[0].reason}"
        raise Unreadable(f"{name} is neither JSON Lines nor JSON, {where}.")


def _is_document(first: list[Line | Skipped]) -> bool:
    """Whether values have several lines, or the whole list has one; by the first two lines."""
    if isinstance(first[0], Skipped):
        return True
    value = _value(first[0])
    if isinstance(value, list):
        return any(isinstance(each, list | dict) for each in value)
    if not isinstance(value, Skipped) or first[0][1].lstrip()[0] not in "[{":
        return False
    return len(first) == 1 or not isinstance(_value(first[1]), dict)


def _value(line: Line | Skipped) -> Any:
    if isinstance(line, Skipped):
        return line
    try:
        return json.loads(line[1])
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        return Skipped(line[0], "", "", f"the line is not JSON: {why}", "malformed")


def _streamed(path: Readable) -> Iterator[Any]:
    """The values of a text, and instead of a list its elements."""
    text = _Growing(blocks(path), path.name)
    listed = False
    while mark := text.next_mark():
        if mark == "[" and not listed:
            listed = True
            text.at += 1
        elif mark == "]" and listed:
            listed = False
            text.at += 1
        else:
            yield text.value()


class _Growing:
    """A text that is read as far as its values need it."""

    def __init__(self, source: Iterator[str], name: str) -> None:
        self.at = 0
        self._source, self._name = source, name
        self._text = ""
        self._decode = json.JSONDecoder().raw_decode
        self._values = 0
        self._line = 0
        """How many lines were dropped from the beginning of the text."""

    def next_mark(self) -> str:
        """The first character of the next value, or a bracket of the list; empty at the end."""
        while True:
            found = _BETWEEN.match(self._text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self._text) or not self._grow():
                return self._text[self.at : self.at + 1]

    def value(self) -> Any:
        """The value that begins here.

        Raises:
            Unreadable: it is not JSON, or is too long.
        """
        while True:
            try:
                value, end = self._decode(self._text, self.at)
            except (ValueError, RecursionError) as error:
                end, why = None, self._why(error)
            if end is not None and (end < len(self._text) or not self._grow()):
                self.at = end
                self._values += 1
                return value
            if end is None and not self._grow():
                raise Unreadable(self._fault(why))

    def _grow(self) -> bool:
        """Read as much again as is held, at least; False at the end."""
        size = len(self._text) - self.at
        if size > LONGEST_VALUE:
            raise Unreadable(self._fault(f"has more than {LONGEST_VALUE} characters, or no end"))
        wanted = max(size, PIECE)
        pieces = []
        for piece in self._source:
            pieces.append(piece)
            wanted -= len(piece)
            if wanted <= 0:
                break
        self._line += self._text.count("\n", 0, self.at)
        self._text = self._text[self.at :] + "".join(pieces)
        self.at = 0
        return bool(pieces)

    def _why(self, error: ValueError | RecursionError) -> str:
        """What is wrong with the value that begins here, and in which line."""
        if isinstance(error, RecursionError):
            return "it is nested too deeply"
        if not isinstance(error, json.JSONDecodeError):
            return "a number has too many digits"
        return f"it is not JSON in line {self._line + error.lineno} ({error.msg})"

    def _fault(self, why: str) -> str:
        where = f"after {self._values} values" if self._values else "at its beginning"
        return f"{self._name} is neither JSON Lines nor JSON {where}: {why}."
