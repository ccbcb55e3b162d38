"""Checks the recipes of an import before any is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from registry.recipes.check import CheckedRecipe, RecipeInvalid
from registry.recipes.imports.schemas import ImportedRecipe, Refused
from registry.recipes.imports.shapes import checked_by_shape

TOGETHER = 50
"""How many recipes are checked before the process can stop, if nobody waits any longer."""


@dataclass(frozen=True)
class Row:
    """A row of an import, its place, and the facts about its recipe."""

    line: int
    wanted: ImportedRecipe
    checked: CheckedRecipe


async def check_all(rows: Sequence[ImportedRecipe]) -> tuple[list[Row], list[Refused]]:
    """The rows whose recipes are valid, and the refusals of the others."""
    valid: list[Row] = []
    refused: list[Refused] = []
    for begin in range(0, len(rows), TOGETHER):
        part = rows[begin : begin + TOGETHER]
        for each in await asyncio.to_thread(_check, part, begin):
            (valid if isinstance(each, Row) else refused).append(each)  # type: ignore[arg-type]
    return valid, refused


def _check(rows: Sequence[ImportedRecipe], begin: int) -> list[Row | Refused]:
    return [_checked(row, begin + place) for place, row in enumerate(rows)]


def _checked(row: ImportedRecipe, index: int) -> Row | Refused:
    line = index + 1 if row.line is None else row.line
    try:
        return Row(line, row, checked_by_shape(row.recipe, f"/recipes/{index}/recipe"))
    except RecipeInvalid as error:
        return Refused(
            line=line, name=row.name, code=error.code, detail=error.detail, errors=error.errors
        )
