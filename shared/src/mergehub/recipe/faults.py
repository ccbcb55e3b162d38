"""The faults of a recipe, worded so that its author can fix them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

MAX_FAULTS = 100
MAX_QUOTED = 60
MAX_MESSAGES = 64 * 1024
"""The most characters that all faults of one text have together."""
MAX_GUESSED = 64

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One fault: its place (a JSON pointer, RFC 6901), its kind, what is wrong, and how to fix it.

    `line` counts from 1 and is known if the text was YAML.
    """

    path: str
    code: str
    message: str
    suggestion: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.place}: {self.message}{hint}"

    @property
    def place(self) -> str:
        """The pointer and the line, as shown to people."""
        return place(self.path, self.line)

    @property
    def length(self) -> int:
        """How many characters its texts have."""
        return len(self.path) + len(self.message) + len(self.suggestion or "")


class RecipeError(ValueError):
    """A recipe that cannot be accepted; `faults` lists the first `MAX_FAULTS` faults found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(bounded(faults))
        super().__init__("\n".join(map(str, self.faults)))


def bounded(faults: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the first faults, each once, up to `MAX_FAULTS` and `MAX_MESSAGES`."""
    seen: set[Fault] = set()
    characters = 0
    for fault in faults:
        if fault in seen:
            continue
        seen.add(fault)
        characters += fault.length
        if len(seen) > 1 and characters > MAX_MESSAGES:
            return
        yield fault
        if len(seen) == MAX_FAULTS:
            return


def place(path: str, line: int | None) -> str:
    """A pointer and a line, as shown to people."""
    return f"{printable(path) or '/'}{f' (line {line})' if line else ''}"


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer to a place in a document; the empty pointer is the whole document."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def excerpt(text: str) -> str:
    """The text in quotes, cut if it is too long for a message."""
    return repr(text) if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 3]!r}…"


def printable(text: str) -> str:
    """The text with a dot for every character that a terminal would act on."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "·" for c in text)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """Return the choice that the author most likely meant, or None if none is close."""
    if len(word) > MAX_GUESSED:
        return None
    lowered = {choice.lower(): choice for choice in sorted(choices, reverse=True)}
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Return a suggestion that names the nearest choice, or None."""
    near = nearest(word, choices)
    return f"did you mean {near!r}?" if near else None
