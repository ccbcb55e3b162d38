"""From the names in a recipe to the runs that made these models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.names import MODEL_NAME
from mergehub.contracts.runs import RunState
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import FieldFault
from mergehub.recipe import ModelRef
from registry.products.models import ProductRow
from registry.runs.errors import RunInvalid, RunNotSucceeded
from registry.runs.models import RunRow
from registry.runs.repository import seen_by

Products = Mapping[str, RunRow]
"""The run that made each product, by the product's name as it was written."""

NEEDED = (RunRow.model_name, RunRow.state, RunRow.owner, RunRow.visibility, RunRow.sources)
COMING = (RunState.SUCCEEDED, RunState.QUEUED, RunState.RUNNING)


async def resolve(
    session: AsyncSession, viewer: Principal, references: Iterable[ModelRef], pointer: str
) -> Products:
    """Return the products among the models that `references` name and `viewer` may see.

    `run:<id>` is the model of that run; a product's name without a revision is the model of its
    newest run. The worker looks for all other models: folders, or Hugging Face ids.

    Raises:
        RunInvalid: the merge run does not exist.
        RunNotSucceeded: the run has made no model, or is not finished.
    """
    named = list(references)
    runs = {each.run_id for each in named if each.run_id}
    names = {each.model for each in named if _may_be_product(each)}
    by_id = await _of_runs(session, viewer, runs, pointer) if runs else {}
    by_name = await _of_names(session, viewer, names) if names else {}
    found = {f"run:{run_id}": run for run_id, run in by_id.items()}
    found |= {
        name: run for name in names if (run := by_name.get(name.lower())) and _counts(name, run)
    }
    for name, run in found.items():
        _check_succeeded(name, run)
    return found


def named(reference: ModelRef, names: Mapping[str, str]) -> str:
    """The reference's text with each product's name, as it is spelled."""
    plain = reference.without_adapter
    known = reference.run_id is not None or reference.revision is None
    model = names.get(reference.model, str(plain)) if known else str(plain)
    return f"{model}+{named(reference.adapter, names)}" if reference.adapter else model


def by_name(products: Products) -> list[tuple[str, RunRow]]:
    """The products that were given by name, not as `run:<id>`."""
    return [(name, run) for name, run in products.items() if name != f"run:{run.id}"]


async def names_of(session: AsyncSession, products: Mapping[str, str]) -> dict[str, str]:
    """The names of the products of a run, by their names in its spec."""
    query = select(RunRow.id, RunRow.model_name).where(RunRow.id.in_(_ids(products)))
    called = {str(row.id): row.model_name for row in await session.execute(query)}
    return {name: called[run] for name, run in products.items()}


async def owners_of_private(session: AsyncSession, products: Mapping[str, str]) -> set[str]:
    """The accounts to which products of a run are private now."""
    private = RunRow.id.in_(_ids(products)), RunRow.visibility == "private"
    return set(await session.scalars(select(RunRow.owner).where(*private)))


def _ids(products: Mapping[str, str]) -> set[UUID]:
    return set(map(UUID, products.values()))


async def _of_runs(
    session: AsyncSession, viewer: Principal, runs: set[UUID], pointer: str
) -> dict[UUID, RunRow]:
    query = _merges(viewer).where(RunRow.id.in_(runs))
    found = {run.id: run for run in await session.scalars(query)}
    for run_id in sorted(runs - found.keys()):
        detail = f"There is no merge run {run_id}."
        fault = FieldFault(pointer=pointer, code="unknown-run", detail=detail, suggestion=None)
        raise RunInvalid(detail, errors=[fault])
    return found


async def _of_names(session: AsyncSession, viewer: Principal, names: set[str]) -> dict[str, RunRow]:
    """The newest run of each product by its name in lower case; preferably one that succeeded."""
    called = func.lower(RunRow.model_name)
    same = (func.lower(ProductRow.name) == called) & (ProductRow.owner == RunRow.owner)
    query = (
        _merges(viewer)
        .join(ProductRow, same)
        .where(called.in_({name.lower() for name in names}), RunRow.state.in_(COMING))
        .ext(distinct_on(called))
        .order_by(
            called,
            (RunRow.state == RunState.SUCCEEDED).desc(),
            RunRow.created_at.desc(),
            RunRow.id.desc(),
        )
    )
    return {run.model_name.lower(): run for run in await session.scalars(query)}


def _merges(viewer: Principal) -> Select[RunRow]:
    columns = load_only(*NEEDED, raiseload=True)
    return select(RunRow).options(columns).where(RunRow.kind.in_(MAKERS), seen_by(viewer))


def _may_be_product(reference: ModelRef) -> bool:
    plain = reference.run_id is None and reference.revision is None
    return plain and re.fullmatch(MODEL_NAME, reference.model) is not None


def _counts(name: str, run: RunRow) -> bool:
    """Whether `run` counts: a bare name may be a folder's while the run is unfinished."""
    return run.state == RunState.SUCCEEDED or "/" in name


def _check_succeeded(name: str, run: RunRow) -> None:
    if run.state != RunState.SUCCEEDED:
        which = name if name == f"run:{run.id}" else f"{name} (run {run.id})"
        raise RunNotSucceeded(
            f"{which} is {run.state} and has not made a model: "
            "wait until it succeeds, or name another model."
        )
