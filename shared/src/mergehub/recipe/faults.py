"""What is wrong with a recipe, said so that its author can put it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MAX_FAULTS = 100

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """One fault: where it is (a JSON pointer, RFC 6901), of which kind, and what would be right."""

    path: str
    code: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.path or '/'}: {self.message}{hint}"


class RecipeError(ValueError):
    """A recipe that cannot be accepted; `faults` lists everything that was found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer to a place in a document; that of the whole document is empty."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The one of the choices that the writer most likely meant, if any is near."""
    lowered = {choice.lower(): choice for choice in sorted(choices, reverse=True)}
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """A suggestion that names the nearest right word."""
    near = nearest(word, choices)
    return f"did you mean {near!r}?" if near else None
