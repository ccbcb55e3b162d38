"""Limits on a document's size, checked while it is read, before any work that grows with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mergehub.recipe.faults import Fault, RecipeError

MAX_CHARACTERS: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
MAX_KEY: Final = 256
MAX_REPEATED: Final = 4_100
"""The longest text that is useful in more than one place: a model's name. Longer text is not
counted again for each alias, since only its length is checked there."""
MAX_DOCUMENTS: Final = 100
MAX_DIRECTIVES: Final = 100

_FOLLOWED = "aliases included"


@dataclass
class Size:
    """How much of a document has been read: values (an alias counts as all its values) and text."""

    values: int = 0
    characters: int = 0

    def add(self, values: int, characters: int) -> None:
        """Add to the count.

        Raises:
            RecipeError: the document is too large.
        """
        self.values += values
        self.characters += characters
        if self.values > MAX_NODES:
            raise too_large(f"the document has more than {MAX_NODES} values, {_FOLLOWED}")
        if self.characters > MAX_CHARACTERS:
            raise too_large(f"the document is longer than {MAX_CHARACTERS} characters, {_FOLLOWED}")


def check_depth(depth: int) -> None:
    """Check that nesting is within its limit.

    Raises:
        RecipeError: it is too deep.
    """
    if depth > MAX_DEPTH:
        raise too_large(f"the document is nested deeper than {MAX_DEPTH} levels, {_FOLLOWED}")


def too_large(message: str) -> RecipeError:
    """Return the error of a document that exceeds a limit."""
    return RecipeError([Fault("", "limit", message)])
