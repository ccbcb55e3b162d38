"""Names and queries as words, and how well a name fits a query.

Case counts for nothing, and neither does what stands between words: `Org/My-Model_v2` is the line
`org my model v2`. A word also begins where letters and digits meet. Only ASCII letters have case
here, as in the index of names in the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_WORDS = 16
SHORT = 2
"""So short words count only where a word begins: `v2` is not in `dev2`."""
EXACT, BEGINNING, WORD_BEGINNING, INSIDE = range(4)
"""How well a name fits; the least fits best."""


def _plain(byte: int) -> int:
    kept = byte >= 0x80 or byte == ord("\n") or chr(byte).isalnum()
    return ord(chr(byte).lower()) if kept and byte < 0x80 else byte if kept else ord(" ")


_TABLE = bytes(map(_plain, range(256)))
_BEFORE_DIGITS = re.compile(rb"([a-z]{3,}|[a-z]{2}(?=[0-9][0-9a-z]))(?=[0-9])")
_BETWEEN_DIGITS = re.compile(rb"(?<=[0-9])(?=[0-9])")


def plain(text: bytes) -> bytes:
    """Names, a line each, in lower case and with spaces between words."""
    return text.translate(_TABLE)


@dataclass(frozen=True)
class Query:
    """What a name must have: all of `words`, in any order; `whole` is all of it.

    `sought` are the same with a space where a word must begin.
    """

    whole: bytes
    words: tuple[bytes, ...]
    sought: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str) -> Query:
        """A number after letters may be a word of its own: `llama3` finds `Llama-3`, too."""
        return cls._of(b" ".join(plain(text.encode(errors="replace")).split()))

    @classmethod
    def _of(cls, whole: bytes) -> Query:
        sought = dict.fromkeys(each for word in whole.split() for each in _sought(word))
        some = tuple(sought)[:MOST_WORDS]
        return cls(whole, tuple(each.strip() for each in some), some)

    @property
    def apart(self) -> Query:
        """The query with its digits as numbers of their own: `qwen25` as `qwen2 5`."""
        return self._of(_BETWEEN_DIGITS.sub(b" ", self.whole))

    def rows(self, lines: bytes, fit: int = INSIDE) -> Iterator[tuple[int, bytes]]:
        """The lines that have all words and fit so well, each with its place among the lines."""
        if fit <= BEGINNING:
            return self._beginnings(lines, fit)
        found = self._having(lines)
        return found if fit == INSIDE else (each for each in found if self.fit(each[1]) <= fit)

    def _beginnings(self, lines: bytes, fit: int) -> Iterator[tuple[int, bytes]]:
        """The lines that begin with the query, or are it; they have all of its words."""
        row, at, lines = 0, 0, b"\n" + lines
        for found in _begins(self.whole, fit).finditer(lines):
            row += lines.count(b"\n", at, found.start())
            at = found.start()
            yield row, lines[at + 1 : lines.index(b"\n", at + 1)]

    def _having(self, lines: bytes) -> Iterator[tuple[int, bytes]]:
        """The lines that have all words."""
        counts = [lines.count(each) for each in self.words]
        if not all(counts):
            return
        rarest = self.words[counts.index(min(counts))]
        searches = [_search(each) for each in self.sought]
        row = end = 0
        at = lines.find(rarest)
        while at >= 0:
            begin = lines.rfind(b"\n", 0, at) + 1
            row += lines.count(b"\n", end, begin)
            end = lines.find(b"\n", at)
            line = lines[begin:end]
            if all(search(line) for search in searches):
                yield row, line
            at = lines.find(rarest, end)

    def fit(self, line: bytes) -> int:
        """How well a line fits that matches."""
        line = b" ".join(line.split())
        if line == self.whole:
            return EXACT
        if line.startswith(self.whole):
            return BEGINNING
        padded = b" " + line
        begun = (_search(b" " + word)(line) for word in self.words)
        if b" " + self.whole in padded or all(begun):
            return WORD_BEGINNING
        return INSIDE


@lru_cache(maxsize=1000)
def _begins(whole: bytes, fit: int) -> re.Pattern[bytes]:
    """Looks for the ends before lines that begin with these words, or have no others."""
    words = b" +".join(map(re.escape, whole.split()))
    return re.compile(b"\n *" + words + (b" *(?=\n)" if fit == EXACT else b""))


@lru_cache(maxsize=1000)
def _search(sought: bytes) -> Callable[[bytes], object]:
    """Looks for a word in a line; after a space, where a word begins."""
    word = sought.removeprefix(b" ")
    if word == sought:
        before = b""
    elif word[:1].isdigit():
        before = rb"(?<![0-9])"
    else:
        before = rb"(?<![a-z\x80-\xff])" if word[:1].isalpha() else rb"(?<![^ ])"
    return re.compile(before + re.escape(word)).search


def _sought(word: bytes) -> list[bytes]:
    first, *rest = _BEFORE_DIGITS.sub(rb"\1 ", word).split()
    return [b" " + first if len(first) <= SHORT else first, *rest]
