"""Whether vocabularies agree, so that embedding rows with the same id belong to the same token.

The rule: two vocabularies agree if each id that both have is the same token in both, and each token
that both have has the same id. Either may have tokens that the other lacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .vocabulary import Vocabulary

SHOWN: Final = 3
LONGEST_TOKEN: Final = 30


@dataclass(frozen=True)
class Difference:
    """How one vocabulary differs from another.

    Attributes:
        moved: how many ids are a different token, or tokens have a different id.
        example: one of these, in words.
        lacking: the tokens that only the first has, and their ids.
        extra: the tokens that only the second has, and their ids.
    """

    moved: int = 0
    example: str = ""
    lacking: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.moved or self.lacking or self.extra)


def difference(first: Vocabulary, second: Vocabulary) -> Difference | None:
    """How the second vocabulary differs from the first, or None if that cannot be known."""
    if first.form != second.form:
        return None
    ours, theirs = first.tokens, second.tokens
    differing = sorted(i for i in ours.keys() & theirs.keys() if ours[i] != theirs[i])
    lacking = {ours[i]: i for i in ours.keys() - theirs.keys()}
    extra = {theirs[i]: i for i in theirs.keys() - ours.keys()}
    moved = sorted(lacking.keys() & extra.keys())
    example = ""
    if differing:
        example = _another_token(differing[0], ours, theirs)
    elif moved:
        example = f"{shown(moved[0])} has the ids {lacking[moved[0]]} and {extra[moved[0]]}"
    return Difference(len(differing) + len(moved), example, lacking, extra)


def _another_token(id_: int, ours: Mapping[int, str], theirs: Mapping[int, str]) -> str:
    return f"id {id_} is {shown(ours[id_])} in one and {shown(theirs[id_])} in the other"


def listed(tokens: Mapping[str, int]) -> str:
    """How many tokens there are, and the first of them, in words."""
    first = sorted(tokens, key=lambda token: tokens[token])[:SHOWN]
    named = ", ".join(f"{shown(token)} (id {tokens[token]})" for token in first)
    more = ", …" if len(tokens) > SHOWN else ""
    count = "1 token" if len(tokens) == 1 else f"{len(tokens)} tokens"
    return f"{count} ({named}{more})"


def shown(token: str) -> str:
    """A token in printable form."""
    text = repr(token[:LONGEST_TOKEN])
    return text if len(token) <= LONGEST_TOKEN else f"{text}…"
