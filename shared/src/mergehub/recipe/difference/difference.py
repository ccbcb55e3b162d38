"""One difference of two recipes, and the places where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Change = Literal["added", "removed", "changed", "moved"]
What = Literal[
    "method",
    "base",
    "content",
    "module",
    "slice",
    "ingredient",
    "layers",
    "parameter",
    "dtype",
    "out_dtype",
    "tokenizer",
    "token",
    "chat_template",
    "allow_submatrix",
    "same_token_ids",
]


@dataclass(frozen=True)
class Place:
    """A place in a recipe: the newer one, unless only the older one has it.

    Slices and entries are numbered from 1. `entry` is the place of a model in its list, given only
    if the list names the model several times.
    """

    module: str | None = None
    slice: int | None = None
    model: str | None = None
    entry: int | None = None


@dataclass(frozen=True)
class Difference:
    """The same change in one place or several; `everywhere`: wherever the parameter applies.

    `name` is that of the parameter, token or part of the tokenizer. `filter` is that of the tensors
    whose value changed, `*` for those that no other filter matches. `old` and `new` are as in the
    canonical form, and places from 1 for what moved; None is what one recipe lacks.
    """

    what: What
    change: Change
    old: Any
    new: Any
    name: str | None = None
    filter: str | None = None
    places: tuple[Place, ...] = (Place(),)
    everywhere: bool = False


def change_of(old: Any, new: Any) -> Change:
    """What became of a thing, None where it is missing."""
    if old is None:
        return "added"
    return "removed" if new is None else "changed"
