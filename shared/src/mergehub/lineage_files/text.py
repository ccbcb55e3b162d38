"""The text of strangers' files, line by line, in bounded memory."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from .packed import Bytes, encoding_of, refuse_others, unpacked
from .rows import Skipped, Unreadable

LONGEST_LINE = 1 << 20
LONGEST_FILE = 8 << 30
"""The most characters of one file that are read."""
BLOCK = 1 << 16
_FILLED = re.compile(r"\S[^\n]*\n?")

Line = tuple[int, str]


class Readable(Protocol):
    """A file with a name, such as a path."""

    @property
    def name(self) -> str: ...

    def open(self, mode: Literal["rb"], /) -> io.BufferedReader: ...


def lines(path: Readable) -> Iterator[Line | Skipped]:
    """The lines of a file that are not blank, with their numbers; one that is too long is skipped.

    Raises:
        Unreadable: there is no such file, it is too long, or its compression is broken.
    """
    number, held = 1, ""
    source = blocks(path)
    for block in source:
        text = held + block
        end = text.rfind("\n") + 1
        number = yield from _filled(text, end, number)
        held = text[end:]
        if len(held) > LONGEST_LINE:
            yield _too_long(number)
            number, held = number + 1, _after_line(source)
    yield from _filled(held, len(held), number)


def blocks(path: Readable) -> Iterator[str]:
    """The text of a file in pieces; line ends are line feeds, whatever they were.

    UTF-8 with or without a byte-order mark, UTF-16; what is compressed is unpacked on the way.

    Raises:
        Unreadable: there is no such file, it is too long, or its compression is broken.
    """
    read = 0
    with opened(path) as (plain, start):
        text = io.TextIOWrapper(plain, encoding_of(start), errors="replace")
        while block := text.read(BLOCK):
            read += len(block)
            if read > LONGEST_FILE:
                raise Unreadable(f"{path.name} has more than {LONGEST_FILE} characters: split it.")
            yield block


def whole(path: Readable, most: int) -> str:
    """The text of a small file.

    Raises:
        Unreadable: there is no such file, or it has more than `most` characters.
    """
    found: list[str] = []
    size = 0
    for block in blocks(path):
        size += len(block)
        if size > most:
            raise Unreadable(f"{path.name} has more than {most} characters.")
        found.append(block)
    return "".join(found)


@contextmanager
def opened(path: Readable) -> Iterator[tuple[Bytes, bytes]]:
    """The unpacked bytes of a file, and the first of them.

    Raises:
        Unreadable: there is no such file, its compression is broken, or its format needs another
            program.
    """
    try:
        with path.open("rb") as raw, unpacked(raw) as plain:
            start = plain.peek(8)[:8]
            refuse_others(path.name, start)
            yield plain, start
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"{path.name} cannot be read: {why}.") from error


def _filled(text: str, end: int, number: int) -> Generator[Line | Skipped, None, int]:
    """The lines of a text up to `end` that are not blank; returns the number of the next line.

    Blank ones are passed over in one step, since a small archive may hold a thousand million.
    """
    counted = 0
    for found in _FILLED.finditer(text, 0, end):
        start = text.rfind("\n", counted, found.start()) + 1 or counted
        number += text.count("\n", counted, start)
        line = text[start : found.end()]
        counted = start
        if len(line) > LONGEST_LINE:
            yield _too_long(number)
        elif number > 2 or (line := line.lstrip("\ufeff")).strip():
            yield number, line
    return number + text.count("\n", counted, end)


def _after_line(source: Iterator[str]) -> str:
    """What follows the present line."""
    return next((block[block.index("\n") + 1 :] for block in source if "\n" in block), "")


def _too_long(number: int) -> Skipped:
    reason = f"the line is longer than {LONGEST_LINE} characters"
    return Skipped(number, "", "", reason, "too-long")
