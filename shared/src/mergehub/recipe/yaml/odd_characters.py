"""Characters that look like a space or a sign of YAML but are not, or that are invisible."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice
from typing import Final, NamedTuple

_QUOTES: Final = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
_SIGNS: Final = " :,-[]{}#&*!|>'\"?"
_LOOKED_AT: Final = 2_000
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_ESCAPED: Final = re.compile(r"(?<!\\)\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))")


class Odd(NamedTuple):
    """An odd character: its place in the line, its name, and what to do."""

    column: int
    problem: str
    hint: str


def odd_character(line: str) -> Odd | None:
    """Return the first such character of a line, or None; a long line is checked at its start."""
    for found in islice(_NOT_ASCII.finditer(line), _LOOKED_AT):
        character = found.group()
        meant = _QUOTES.get(character) or unicodedata.normalize("NFKC", character)
        unseen = unicodedata.category(character) in ("Cf", "Zl", "Zp")
        if not unseen and meant not in tuple(_SIGNS):
            continue
        called = f"U+{ord(character):04X} ({unicodedata.name(character, 'no name').lower()})"
        if unseen:
            return Odd(found.start(), f"{called} is here and is invisible", "remove it")
        sign = "a space" if meant == " " else meant
        return Odd(found.start(), f"{called} is not {sign} to YAML", f"replace it with {sign}")
    return None


def naming(message: str) -> str | None:
    """Return what to say about such a character in the text that a message quotes, or None."""
    quoted = _ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), message)
    odd = odd_character(quoted)
    return f"{odd.problem}: {odd.hint}" if odd else None
