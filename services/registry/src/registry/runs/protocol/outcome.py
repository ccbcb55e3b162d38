"""How an attempt ends: its outcome stored and told, all in the transaction of the report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.backoff import Backoff
from mergehub.contracts.events import EvaluationCompleted, ModelProduced, ToldParent
from mergehub.contracts.runs import (
    EvaluateResult,
    EvaluateSpec,
    MergeResult,
    MergeSpec,
    Parent,
    ReportRequest,
    RunError,
    RunState,
)
from mergehub.recipe import ModelRef
from registry.events.models import outbox
from registry.runs.errors import ReportInvalid
from registry.runs.models import ItemsRow, RunRow
from registry.runs.moves import move
from registry.runs.naming.resolve import named, names_of

BACKOFF = Backoff(first=1, factor=4)  # what fails again at once has then failed for a minute

_Spec = TypeVar("_Spec", MergeSpec, EvaluateSpec)


async def store(session: AsyncSession, run: RunRow, report: ReportRequest, now: datetime) -> None:
    """End the attempt as the report says. Raises ReportInvalid."""
    match report:
        case ReportRequest(outcome="succeeded", result=MergeResult() as result):
            await _merged(session, run, result, now)
        case ReportRequest(outcome="succeeded", result=EvaluateResult() as result):
            await _evaluated(session, run, result, now)
        case ReportRequest(outcome="failed", error=RunError() as error):
            await failed(session, run, error, now)
        case ReportRequest(outcome="cancelled"):
            await move(session, run, RunState.CANCELLED, now)
        case _:
            raise ReportInvalid("A success needs its `result`, a failure its `error`.")


async def failed(
    session: AsyncSession, run: RunRow, error: RunError, now: datetime, *, at_once: bool = False
) -> None:
    """End a failed attempt: try again where that may help, each time later or `at_once`."""
    run.error = error.model_dump(mode="json")
    if run.cancel_requested:
        to = RunState.CANCELLED
    elif error.retryable and run.attempt < run.max_attempts:
        to = RunState.QUEUED
    else:
        to = RunState.FAILED
    pause = 0 if at_once else BACKOFF.pause(run.attempt)
    await move(session, run, to, now, timedelta(seconds=pause))


async def _merged(session: AsyncSession, run: RunRow, result: MergeResult, now: datetime) -> None:
    spec = _spec(run, result.kind, MergeSpec)
    run.result = result.model_dump(mode="json")
    run.error = None
    await move(session, run, RunState.SUCCEEDED, now)
    data = ModelProduced(
        run=run.id,
        name=spec.model_name,
        digest=result.output_digest,
        method=result.method,
        recipe_version=spec.recipe_version,
        recipe_digest=spec.recipe_digest,
        parents=await _with_names(session, run, result.parents),
    )
    subject = f"models/{spec.model_name}"
    await outbox.emit(session, "model.produced", subject, data, run.private_to)


async def _evaluated(
    session: AsyncSession, run: RunRow, result: EvaluateResult, now: datetime
) -> None:
    spec = _spec(run, result.kind, EvaluateSpec)
    if len({scored.benchmark for scored in result.results}) < len(result.results):
        raise ReportInvalid("A benchmark is reported twice.")
    run.result = result.model_dump(mode="json", exclude={"results": {"__all__": {"items"}}})
    run.error = None
    await move(session, run, RunState.SUCCEEDED, now)
    for scored in result.results:
        session.add(ItemsRow(run_id=run.id, benchmark=scored.benchmark, items=scored.items))
        data = EvaluationCompleted(
            run=run.id,
            model=spec.model_name,
            model_digest=result.model_digest,
            harness=result.harness,
            **scored.model_dump(exclude={"items"}),
        )
        subject = f"models/{spec.model_name}"
        await outbox.emit(session, "evaluation.completed", subject, data, run.private_to)


def _spec(run: RunRow, kind: str, spec: type[_Spec]) -> _Spec:
    """The run's spec, where it is of the kind that the result is of."""
    if run.kind != kind:
        raise ReportInvalid(f"This is the result of a run of kind {kind}, not {run.kind}.")
    return spec.model_validate(run.spec)


async def _with_names(
    session: AsyncSession, run: RunRow, parents: list[Parent]
) -> list[ToldParent]:
    """The parents as lineage calls them: products by their names, `run:<id>` among them."""
    names = await names_of(session, run.products) if run.products else {}
    return [ToldParent.model_validate(_named(parent, names)) for parent in parents]


def _named(parent: Parent, names: dict[str, str]) -> Parent:
    base = _named(parent.base, names) if parent.base else None
    return parent.model_copy(update={"name": named(_ref(parent), names), "base": base})


def _ref(parent: Parent) -> ModelRef:
    try:
        return ModelRef.parse(parent.name)
    except ValueError as error:
        raise ReportInvalid(f"A parent's name is no model reference: {error}.") from None
