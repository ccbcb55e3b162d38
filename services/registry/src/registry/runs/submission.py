"""From what a client wants to what a worker needs: a run's spec, fully resolved."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.contracts.runs import (
    EvaluateRunCreate,
    EvaluateSpec,
    MergeRunCreate,
    MergeSpec,
    RunSpec,
    RunState,
)
from mergehub.kit.auth import Principal
from mergehub.kit.problems import FieldFault
from mergehub.recipe import ModelRef
from registry.recipes import repository as recipes
from registry.recipes.check import check
from registry.runs import repository
from registry.runs.errors import RunInvalid, RunNotSucceeded
from registry.runs.sources import Sources


async def spec_of(
    session: AsyncSession, viewer: Principal, wanted: MergeRunCreate | EvaluateRunCreate
) -> tuple[RunSpec, Sources]:
    """The spec of a wanted run, and what it is made of; nothing of it is hidden from `viewer`.

    Raises:
        RecipeInvalid: the recipe has faults.
        RunInvalid: a field names what does not exist, or two fields exclude each other.
        RunNotSucceeded: a run named as a model has not produced one.
    """
    sources = Sources()
    if isinstance(wanted, EvaluateRunCreate):
        return await _evaluate_spec(session, viewer, wanted, sources), sources
    return await _merge_spec(session, viewer, wanted, sources), sources


async def _merge_spec(
    session: AsyncSession, viewer: Principal, wanted: MergeRunCreate, sources: Sources
) -> MergeSpec:
    source, digest, ingredients = await _recipe(session, viewer, wanted, sources)
    pointer = "/recipe" if wanted.recipe is not None else "/recipe_version"
    await produced_names(session, viewer, ingredients, pointer, sources)
    return MergeSpec(
        kind="merge",
        recipe=source,
        recipe_version=wanted.recipe_version,
        recipe_digest=digest,
        model_name=wanted.model_name,
        seed=wanted.seed,
    )


async def _recipe(
    session: AsyncSession, viewer: Principal, wanted: MergeRunCreate, sources: Sources
) -> tuple[str, str, list[ModelRef]]:
    """The text, digest and ingredients of what is to be merged."""
    if (wanted.recipe is None) == (wanted.recipe_version is None):
        raise _invalid(
            "/recipe", "conflict", "Give exactly one of `recipe` (text) and `recipe_version` (id)."
        )
    if wanted.recipe is not None:
        checked = await check(wanted.recipe)
        return checked.source, checked.digest, list(checked.ingredients)
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
    checked = await check(version.source, "/recipe_version")
    return checked.source, version.digest, list(checked.ingredients)


async def _evaluate_spec(
    session: AsyncSession, viewer: Principal, wanted: EvaluateRunCreate, sources: Sources
) -> EvaluateSpec:
    try:
        ref = ModelRef.parse(wanted.model)
    except ValueError as error:
        raise _invalid("/model", "bad-reference", str(error)) from None
    names = await produced_names(session, viewer, [ref], "/model", sources)
    return EvaluateSpec(
        kind="evaluate",
        model=str(ref),
        model_name=named(ref, names),
        benchmarks=list(dict.fromkeys(wanted.benchmarks)),
    )


def named(ref: ModelRef, names: dict[UUID, str]) -> str:
    """The reference's text with each `run:<uuid>` replaced by the name of that run's model."""
    run_id = ref.run_id
    model = names[run_id] if run_id in names else str(ref.without_adapter)
    return f"{model}+{named(ref.adapter, names)}" if ref.adapter else model


async def produced_names(
    session: AsyncSession,
    viewer: Principal,
    refs: Iterable[ModelRef],
    pointer: str,
    sources: Sources,
) -> dict[UUID, str]:
    """The names of the models that the runs among `refs` produced; `sources` learns of the runs.

    Raises:
        RunInvalid: there is no such merge run.
        RunNotSucceeded: the run has no model, or none yet.
    """
    wanted = {run_id for ref in refs for run_id in _run_ids(ref)}
    found = await repository.find_all(session, wanted) if wanted else {}
    seen = await repository.seen(session, wanted, viewer) if wanted else set()
    for run_id in wanted:
        run = found.get(run_id)
        if run is None or run.kind != "merge" or run_id not in seen:
            raise _invalid(pointer, "unknown-run", f"There is no merge run {run_id}.")
        if run.state != RunState.SUCCEEDED:
            raise RunNotSucceeded(
                f"The run {run_id} is {run.state} and has produced no model: "
                "wait until it has succeeded, or name another."
            )
        sources.runs.add(run_id)
        sources.recipes.update(run.sources)
    return {run_id: run.spec["model_name"] for run_id, run in found.items()}


def _run_ids(ref: ModelRef) -> Iterable[UUID]:
    return [each.run_id for each in (ref, ref.adapter) if each and each.run_id]


def _invalid(pointer: str, code: str, detail: str, suggestion: str | None = None) -> RunInvalid:
    fault = FieldFault(pointer=pointer, code=code, detail=detail, suggestion=suggestion)
    return RunInvalid(detail, errors=[fault])
