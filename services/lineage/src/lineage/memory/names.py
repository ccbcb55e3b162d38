"""The names of all models in one piece of memory, as PostgreSQL's COPY writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lineage.memory.arrays import Places
from mergehub.columns.parts import AT_ONCE

END = b"\n"
PART = 16 << 20  # so many bytes are looked at at once, to need little memory
LONG = 512  # few names have more bytes
_ESCAPES = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\"}
_TEXTS = {letter: text for text, letter in _ESCAPES.items()}
_TO_ESCAPE = re.compile(r"[\b\f\n\r\t\v\\]")
_ESCAPED = re.compile(r"\\(.)")


class Names:
    """Each name ends with a newline; its place is where it begins. Names are never taken out."""

    def __init__(self, text: bytearray | None = None) -> None:
        self._text = bytearray() if text is None else text

    @property
    def end(self) -> int:
        """The first place after all names."""
        return len(self._text)

    def pieces(self) -> Iterator[bytes]:
        """The text of all names that are kept now, some at a time."""
        end = self.end
        places = range(0, end, AT_ONCE)
        return (bytes(self._text[at : min(at + AT_ONCE, end)]) for at in places)

    def add(self, names: Sequence[str]) -> Places:
        """Keep names; return their places."""
        return self.add_lines(bytearray().join(_escaped(name) + END for name in names))

    def add_lines(self, lines: bytearray) -> Places:
        """Keep names as COPY writes them, a line each; return their places.

        The first lines are taken over and not copied, since they are those of a load.
        """
        before, text = len(self._text), np.frombuffer(lines, np.uint8)
        parts = range(0, len(text), PART)
        found = [np.flatnonzero(text[at : at + PART] == END[0]) + at for at in parts]
        ends = np.concatenate([np.empty(0, np.int64), *found])
        places = np.empty(len(ends), np.uint32)
        places[:1] = before
        places[1:] = ends[:-1] + (before + 1)
        if before:
            self._text += lines
        else:
            self._text = lines
        return places

    def changed_lines(self, lines: bytearray, places: Places) -> Places:
        """The places of names; those that are at these places already are not kept anew."""
        each = lines.splitlines(keepends=True)
        new = [at for at, place in enumerate(places.tolist()) if not self._has(each[at], place)]
        changed = places.copy()
        changed[new] = self.add_lines(bytearray().join(each[at] for at in new))
        return changed

    def _has(self, line: bytearray, place: int) -> bool:
        return self._text.startswith(line, place)

    def at(self, place: int) -> str:
        """The name that begins at a place."""
        [name] = self.all_at([place])
        return name

    def all_at(self, places: Iterable[int]) -> list[str]:
        """The names that begin at these places."""
        text, end_of = self._text, self._text.index
        names = [text[place : end_of(END, place)].decode() for place in places]
        return [_plain(name) if "\\" in name else name for name in names]

    def lines_at(self, places: Places) -> bytes:
        """The names that begin at these places, as they are kept: a line each."""
        if not len(places):
            return b""
        text, end_of = self._text, self._text.index
        begin, end = int(places[0]), end_of(END, int(places[-1])) + 1
        if 0 < end - begin < LONG * len(places) and bool(np.all(places[1:] > places[:-1])):
            together = text[begin:end]
            if together.count(END) == len(places):  # one lies after the other
                return bytes(together)
        return b"".join([text[place : end_of(END, place) + 1] for place in places.tolist()])

    def between(self, begin: int, end: int) -> list[str]:
        """The names that begin at one place or later, up to the end of a name."""
        lines = self._text[begin:end].decode().split("\n")[:-1]
        return [_plain(name) if "\\" in name else name for name in lines]


def _escaped(name: str) -> bytes:
    return _TO_ESCAPE.sub(lambda found: "\\" + _ESCAPES[found[0]], name).encode()


def _plain(name: str) -> str:
    return _ESCAPED.sub(lambda found: _TEXTS.get(found[1], found[1]), name)
