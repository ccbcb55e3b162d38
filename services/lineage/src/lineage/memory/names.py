"""The names of all models in one piece of memory, as PostgreSQL's COPY writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from lineage.memory.arrays import Places

END = b"\n"
_ESCAPES = {b"\b": b"b", b"\f": b"f", b"\n": b"n", b"\r": b"r", b"\t": b"t", b"\v": b"v"}
_ESCAPES |= {b"\\": b"\\"}
_TEXTS = {letter: text for text, letter in _ESCAPES.items()}
_TO_ESCAPE = re.compile(rb"[\b\f\n\r\t\v\\]")
_ESCAPED = re.compile(rb"\\(.)")


class Names:
    """Each name ends with a newline; its place is where it begins. Names are never taken out."""

    def __init__(self) -> None:
        self._text = bytearray()

    def add(self, names: Sequence[str]) -> Places:
        """Keep names; return their places."""
        return self.add_lines(b"".join(_escaped(name) + END for name in names))

    def add_lines(self, lines: bytes) -> Places:
        """Keep names as COPY writes them, a line each; return their places."""
        before = len(self._text)
        ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == END[0])
        places = np.empty(len(ends), np.uint32)
        places[:1] = before
        places[1:] = ends[:-1] + (before + 1)
        self._text += lines
        return places

    def at(self, place: int) -> str:
        """The name that begins at a place."""
        text = bytes(self._text[place : self._text.index(END, place)])
        return (_ESCAPED.sub(_plain, text) if b"\\" in text else text).decode()


def _escaped(name: str) -> bytes:
    return _TO_ESCAPE.sub(lambda found: b"\\" + _ESCAPES[found[0]], name.encode())


def _plain(found: re.Match[bytes]) -> bytes:
    return _TEXTS.get(found[1], found[1])
