"""The text of strangers' files, line by line, in bounded memory."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

from .rows import Skipped, Unreadable

LONGEST_LINE = 1 << 20
LONGEST_FILE = 8 << 30
"""The most characters of one file that are read."""
_GZIP = b"\x1f\x8b"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

Line = tuple[int, str]


def lines(path: Path) -> Iterator[Line | Skipped]:
    """The lines of a file with their numbers; a line that is too long is skipped.

    UTF-8 with or without a byte-order mark, UTF-16 with one; gzip is unpacked on the way.

    Raises:
        Unreadable: there is no such file, it is too long, or its compression is broken.
    """
    try:
        with _opened(path) as file:
            yield from _numbered(file, path.name)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unreadable(f"{path.name} cannot be read: {why}.") from error


def whole(path: Path, most: int) -> str:
    """The text of a small file.

    Raises:
        Unreadable: there is no such file, or it has more than `most` characters.
    """
    found: list[str] = []
    size = 0
    for line in lines(path):
        if isinstance(line, Skipped):
            raise Unreadable(f"{path.name}: {line.reason}.")
        size += len(line[1])
        if size > most:
            raise Unreadable(f"{path.name} has more than {most} characters.")
        found.append(line[1])
    return "".join(found)


def _numbered(file: TextIO, name: str) -> Iterator[Line | Skipped]:
    number = 0
    pieces = _pieces(file, name)
    for line in pieces:
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            next((piece for piece in pieces if piece.endswith("\n")), None)
            reason = f"the line is longer than {LONGEST_LINE} characters"
            yield Skipped(number, "", "", reason, "too-long")
            continue
        yield number, line.lstrip("\ufeff") if number <= 2 else line


def _pieces(file: TextIO, name: str) -> Iterator[str]:
    """Lines, of which those that are too long come in several pieces."""
    read = 0
    while piece := file.readline(LONGEST_LINE):
        read += len(piece)
        if read > LONGEST_FILE:
            raise Unreadable(f"{name} has more than {LONGEST_FILE} characters: split it.")
        yield piece


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as raw:
        packed = raw.peek(2).startswith(_GZIP)
        with gzip.open(raw) if packed else nullcontext(raw) as plain:
            start = plain.peek(2)[:2]
            encoding = "utf-16" if start in _UTF_16 else "utf-8"
            with io.TextIOWrapper(plain, encoding, errors="replace") as text:
                yield text
