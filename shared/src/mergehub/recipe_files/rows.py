"""What every reader yields: recipes, and what it refuses."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, NamedTuple

LONGEST_NAME = 100
LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 20_000
MOST_TAGS = 20
_TAG = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


@dataclass(frozen=True)
class Found:
    """A recipe, and the line of its file on which it begins.

    `about` has the other fields of a row of an import, and `body` makes the row. `one_line` says
    that the file has the recipe in one line, so that no fault has another one.
    """

    line: int
    name: str
    text: str
    about: dict[str, Any]
    one_line: bool = False

    @property
    def body(self) -> dict[str, Any]:
        return {"name": self.name, "recipe": self.text, **self.about}

    def line_of(self, line: int | None) -> int:
        """The line of the file that is a line of the recipe."""
        return self.line if self.one_line or line is None else self.line + line - 1


class Refused(NamedTuple):
    """A recipe that no hub would take, and why."""

    line: int
    name: str
    code: str
    reason: str


Row = Found | Refused


def slug(name: str) -> str:
    """The name of a recipe that is nearest to any other name; empty if it has no letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return joined[:LONGEST_NAME].rstrip("-")


def tags_of(words: list[str]) -> list[str]:
    """The words that can be tags of a recipe, without repetitions."""
    found = (re.sub(r"[\s/:]+", "-", word.strip().lower()) for word in words)
    return list(dict.fromkeys(tag for tag in found if len(tag) <= 50 and _TAG.fullmatch(tag)))[
        :MOST_TAGS
    ]
