"""What is wrong with a recipe, said so that its author can put it right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

MAX_FAULTS = 100
MAX_QUOTED = 60
MAX_MESSAGES = 64 * 1024
"""How many characters all faults of one text have together."""
MAX_GUESSED = 64

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One fault: where it is (a JSON pointer, RFC 6901), of which kind, and what would be right.

    `line` counts from 1 and is known where the text was YAML.
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
        """Where it is, for people: the pointer and the line."""
        return place(self.path, self.line)

    @property
    def length(self) -> int:
        """How many characters it takes."""
        return len(self.path) + len(self.message) + len(self.suggestion or "")


class RecipeError(ValueError):
    """A recipe that cannot be accepted; `faults` lists what was found, the first `MAX_FAULTS`."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(bounded(faults))
        super().__init__("\n".join(map(str, self.faults)))


def bounded(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The first faults, each once: as many as people read and a message may be long."""
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
    """A pointer and a line, for people."""
    return f"{printable(path) or '/'}{f' (line {line})' if line else ''}"


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer to a place in a document; that of the whole document is empty."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def excerpt(text: str) -> str:
    """The text in quotes, cut where it is too long to be read in a message."""
    return repr(text) if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 3]!r}…"


def printable(text: str) -> str:
    """The text with a dot for every character that a terminal would act upon."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "·" for c in text)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The one of the choices that the writer most likely meant, if any is near."""
    if len(word) > MAX_GUESSED:
        return None
    lowered = {choice.lower(): choice for choice in sorted(choices, reverse=True)}
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """A suggestion that names the nearest right word."""
    near = nearest(word, choices)
    return f"did you mean {near!r}?" if near else None
