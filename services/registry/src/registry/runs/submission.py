"""From what a client wants to what a worker needs: a run's spec, fully resolved."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.runs import (
    EvaluateRunCreate,
    EvaluateSpec,
    MergeRunCreate,
    MergeSpec,
    RunSpec,
)
from mergehub.kit.identity.auth import Principal
from mergehub.kit.problems.problem import FieldFault
from mergehub.recipe import ModelRef, named_in
from registry.recipes import repository as recipes
from registry.recipes.check import CheckedRecipe, check
from registry.runs.errors import RunInvalid
from registry.runs.naming.resolve import Products, named, resolve
from registry.runs.sources import Sources


async def spec_of(
    session: AsyncSession, viewer: Principal, wanted: MergeRunCreate | EvaluateRunCreate
) -> tuple[RunSpec, Products, Sources]:
    """The spec of a wanted run, the products that it names, and all that it is made of.

    Nothing of it is hidden from `viewer`.

    Raises:
        RecipeInvalid: the recipe has faults.
        RunInvalid: a field names what does not exist, or two fields exclude each other.
        RunNotSucceeded: a run named as a model has not produced one.
    """
    sources = Sources()
    if isinstance(wanted, EvaluateRunCreate):
        spec, products = await _evaluate_spec(session, viewer, wanted, sources)
    else:
        spec, products = await _merge_spec(session, viewer, wanted, sources)
    sources.take(products.values())
    return spec, products, sources


async def _merge_spec(
    session: AsyncSession, viewer: Principal, wanted: MergeRunCreate, sources: Sources
) -> tuple[RunSpec, Products]:
    checked, digest = await _recipe(session, viewer, wanted, sources)
    pointer = "/recipe" if wanted.recipe is not None else "/recipe_version"
    products = await resolve(session, viewer, checked.references, pointer)
    sources.names = {each.model.lower() for each in checked.references}
    spec = MergeSpec(
        kind="merge",
        recipe=checked.source,
        recipe_version=wanted.recipe_version,
        recipe_digest=digest,
        model_name=wanted.model_name,
        seed=wanted.seed,
    )
    return spec, products


async def _recipe(
    session: AsyncSession, viewer: Principal, wanted: MergeRunCreate, sources: Sources
) -> tuple[CheckedRecipe, str]:
    """What is to be merged, and its digest: a version keeps that of its publication."""
    if (wanted.recipe is None) == (wanted.recipe_version is None):
        raise _invalid(
            "/recipe", "conflict", "Give exactly one of `recipe` (text) and `recipe_version` (id)."
        )
    if wanted.recipe is not None:
        checked = await check(wanted.recipe)
        return checked, checked.digest
    assert wanted.recipe_version is not None
    found = await recipes.version_by_id(session, wanted.recipe_version, viewer)
    if found is None:
        raise _invalid(
            "/recipe_version",
            "unknown-version",
            f"There is no recipe version {wanted.recipe_version}.",
            "the id of a version, not of a recipe; a recipe answers it as `version.id`",
        )
    recipe, version = found
    sources.recipe = recipe.id
    sources.recipes.add(recipe.id)
    # It was good when it was published; what the language takes may have changed since.
    return await check(version.source, "/recipe_version"), version.digest


async def _evaluate_spec(
    session: AsyncSession, viewer: Principal, wanted: EvaluateRunCreate, sources: Sources
) -> tuple[RunSpec, Products]:
    try:
        reference = ModelRef.parse(wanted.model)
    except ValueError as error:
        raise _invalid("/model", "bad-reference", str(error)) from None
    models = list(named_in(reference))
    products = await resolve(session, viewer, models, "/model")
    sources.names = {each.model.lower() for each in models}
    spec = EvaluateSpec(
        kind="evaluate",
        model=str(reference),
        model_name=named(reference, {name: run.model_name for name, run in products.items()}),
        benchmarks=list(dict.fromkeys(wanted.benchmarks)),
    )
    return spec, products


def _invalid(pointer: str, code: str, detail: str, suggestion: str | None = None) -> RunInvalid:
    fault = FieldFault(pointer=pointer, code=code, detail=detail, suggestion=suggestion)
    return RunInvalid(detail, errors=[fault])
