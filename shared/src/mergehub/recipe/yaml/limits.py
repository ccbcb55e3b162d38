"""How large a document may be: counted while it is read, before work that grows with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mergehub.recipe.faults import Fault, RecipeError

MAX_CHARACTERS: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
MAX_KEY: Final = 256
MAX_REPEATED: Final = 4_100
"""The longest text that can mean something where it stands more than once: a model's name. What is
longer is looked at by its length alone, wherever an alias stands for it."""
MAX_DOCUMENTS: Final = 100
MAX_DIRECTIVES: Final = 100

_FOLLOWED = "its aliases followed"


@dataclass
class Size:
    """What has been read of a document: values (an alias counts as all it stands for) and text."""

    values: int = 0
    characters: int = 0

    def add(self, values: int, characters: int) -> None:
        """Count some more.

        Raises:
            RecipeError: it is too much.
        """
        self.values += values
        self.characters += characters
        if self.values > MAX_NODES:
            raise too_large(f"the document has more than {MAX_NODES} values, {_FOLLOWED}")
        if self.characters > MAX_CHARACTERS:
            raise too_large(f"the document is longer than {MAX_CHARACTERS} characters, {_FOLLOWED}")


def check_depth(depth: int) -> None:
    """Hold nesting to its limit.

    Raises:
        RecipeError: it is too deep.
    """
    if depth > MAX_DEPTH:
        raise too_large(f"the document nests deeper than {MAX_DEPTH} levels, {_FOLLOWED}")


def too_large(message: str) -> RecipeError:
    """The fault of a document that exceeds a limit."""
    return RecipeError([Fault("", "limit", message)])
