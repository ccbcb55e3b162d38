"""Checking a recipe as if it stood alone, and then beside what lineage knows of its models."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from mergehub.kit.problems.problem import FieldFault
from mergehub.recipe.parse import one_document
from registry.recipes.beside_lineage.alike import facts_by_data
from registry.recipes.beside_lineage.comparison import Comparison, LineageState
from registry.recipes.beside_lineage.lineage import Lineage
from registry.recipes.check import (
    CheckedRecipe,
    RecipeInvalid,
    as_seen,
    faults_at,
    soon,
)

RECIPE = "/recipe"


@dataclass(frozen=True)
class Advised:
    """A valid recipe with all warnings; `unknown_models` are those that lineage does not know."""

    recipe: CheckedRecipe
    warnings: list[FieldFault]
    lineage: LineageState
    unknown_models: list[str]


async def check_beside_lineage(text: str, lineage: Lineage, licence: str | None = None) -> Advised:
    """Check a recipe, and compare its models by what lineage knows of them.

    `licence`: the one that it is to have, which is compared with what its models inherit.

    Raises:
        RecipeInvalid: as `check` does. If the base is missing, it suggests the one that they share.
    """
    try:
        recipe, comparison = await soon(text, lambda: _read(text))
    except RecipeInvalid as error:
        raise await _with_base(error, text, lineage) from None
    compared = await comparison.asked(lineage)
    found = await asyncio.to_thread(compared.warnings, licence) if compared.known else []
    warnings = [as_seen(each, RECIPE) for each in found]
    return Advised(recipe, [*recipe.warnings, *warnings], compared.state, compared.unknown)


def _read(text: str) -> tuple[CheckedRecipe, Comparison]:
    with faults_at(RECIPE):
        document = one_document(text)
        return facts_by_data(text, document, RECIPE), Comparison.of(document)


async def _with_base(error: RecipeInvalid, text: str, lineage: Lineage) -> RecipeInvalid:
    """The refusal of a recipe that lacks a base, with the base to add if lineage knows it."""
    missing = [each for each in error.errors if _is_missing_base(each)]
    if not missing:
        return error
    try:
        comparison = await asyncio.to_thread(lambda: Comparison.of(one_document(text)))
        base = (await comparison.asked(lineage)).missing_base()
    except KeyError:  # the method is misspelt
        return error
    if base is not None:
        hint = f"add base_model: {base}, the nearest model that all of these came from"
        for fault in missing:
            fault.suggestion = hint
    return error


def _is_missing_base(fault: FieldFault) -> bool:
    return (fault.pointer, fault.code) == (f"{RECIPE}#/base_model", "missing")
