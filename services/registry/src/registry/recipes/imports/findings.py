"""What a check finds in the recipes of an import. As a program, it is the companion that checks.

What both sides say is JSON: a list of texts with the place of the first, and a list of findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import TypeAdapter

from mergehub.kit.background.answering import answer_all
from mergehub.kit.problems.problem import FieldFault
from registry.recipes.check import RecipeInvalid
from registry.recipes.imports.shapes import Found, found_by_shape


class Faulty(NamedTuple):
    """Why a recipe is refused."""

    detail: str
    errors: list[FieldFault]


Finding = Found | Faulty

ASKED: TypeAdapter[tuple[int, list[str]]] = TypeAdapter(tuple[int, list[str]])
FINDINGS: TypeAdapter[list[Finding]] = TypeAdapter(list[Finding])


def findings_of(texts: Sequence[str], begin: int) -> list[Finding]:
    """What is found in each text; the first has this place in the request."""
    return [_finding(text, place) for place, text in enumerate(texts, begin)]


def _finding(text: str, place: int) -> Finding:
    try:
        return found_by_shape(text, f"/recipes/{place}/recipe")
    except RecipeInvalid as error:
        return Faulty(error.detail, error.errors)


def answer(question: bytes) -> bytes:
    """What the companion answers."""
    begin, texts = ASKED.validate_json(question)
    return FINDINGS.dump_json(findings_of(texts, begin))


if __name__ == "__main__":
    answer_all(answer)
