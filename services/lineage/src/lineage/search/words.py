"""Names and queries as words, and how well a name fits a query.

Case counts for nothing, and neither does what stands between words: `Org/My-Model_v2` is the line
`org my model v2`. Only ASCII letters have case here, as in the index of names in the tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_WORDS = 16
SHORT = 2
"""So short words count only where a word begins: `v2` is not in `dev2`."""
EXACT, BEGINNING, WORD_BEGINNING, INSIDE = range(4)
"""How well a name fits; the least fits best."""


def _plain(byte: int) -> int:
    kept = byte >= 0x80 or byte == ord("\n") or chr(byte).isalnum()
    return ord(chr(byte).lower()) if kept and byte < 0x80 else byte if kept else ord(" ")


_TABLE = bytes(map(_plain, range(256)))
_BEFORE_DIGITS = re.compile(rb"([a-z]{3,})(?=[0-9])")


def plain(text: bytes) -> bytes:
    """Names, a line each, in lower case and with spaces between words."""
    return text.translate(_TABLE)


@dataclass(frozen=True)
class Query:
    """What a name must have: all of `words`, in any order; `whole` is all of it."""

    whole: bytes
    words: tuple[bytes, ...]

    @classmethod
    def of(cls, text: str) -> Query:
        """A number after letters is a word of its own, so that `llama3` finds `Llama-3`."""
        whole = b" ".join(plain(text.encode(errors="replace")).split())
        words = dict.fromkeys(_BEFORE_DIGITS.sub(rb"\1 ", whole).split())
        return cls(whole, tuple(words)[:MOST_WORDS])

    def rows(self, lines: bytes) -> Iterator[tuple[int, bytes]]:
        """The lines that have all words, each with its place among the lines."""
        counts = [lines.count(word) for word in self.words]
        if not all(counts):
            return
        rarest = self.words[counts.index(min(counts))]
        row = end = 0
        at = lines.find(rarest)
        while at >= 0:
            begin = lines.rfind(b"\n", 0, at) + 1
            row += lines.count(b"\n", end, begin)
            end = lines.find(b"\n", at)
            line = lines[begin:end]
            if self._matches(b" " + line):
                yield row, line
            at = lines.find(rarest, end)

    def _matches(self, padded: bytes) -> bool:
        return all((b" " + word if len(word) <= SHORT else word) in padded for word in self.words)

    def fit(self, line: bytes) -> int:
        """How well a line fits that matches."""
        line = b" ".join(line.split())
        if line == self.whole:
            return EXACT
        if line.startswith(self.whole):
            return BEGINNING
        padded = b" " + line
        if b" " + self.whole in padded or all(b" " + word in padded for word in self.words):
            return WORD_BEGINNING
        return INSIDE
