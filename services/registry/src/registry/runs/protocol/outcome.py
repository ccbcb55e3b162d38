"""The end of an attempt: its outcome is stored and announced in the report's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.backoff import Backoff
from mergehub.contracts.kinds import KINDS
from mergehub.contracts.kinds.kind import MOST_WARNINGS, Result
from mergehub.contracts.runs import ReportRequest, RunError, RunState
from registry.runs.errors import ReportInvalid
from registry.runs.kinds import handler_of
from registry.runs.models import RunRow
from registry.runs.moves import move

BACKOFF = Backoff(first=1, factor=4)  # a run that always fails is retried for over a minute


async def store(session: AsyncSession, run: RunRow, report: ReportRequest, now: datetime) -> None:
    """End the attempt as the report says. Raises ReportInvalid."""
    note(run, [*report.warnings, *(report.result.warnings if report.result else ())])
    match report:
        case ReportRequest(outcome="succeeded", result=Result() as result):
            await _succeeded(session, run, result, now)
        case ReportRequest(outcome="failed", error=RunError() as error):
            await failed(session, run, error, now)
        case ReportRequest(outcome="cancelled"):
            await move(session, run, RunState.CANCELLED, now)
        case _:
            raise ReportInvalid("A success needs its `result`, a failure its `error`.")


def note(run: RunRow, warnings: Sequence[str]) -> bool:
    """Keep the warnings of an attempt beside those of earlier ones; returns whether one is new."""
    before = run.warnings
    run.warnings = list(dict.fromkeys([*before, *warnings]))[:MOST_WARNINGS]
    return run.warnings != before


async def failed(
    session: AsyncSession, run: RunRow, error: RunError, now: datetime, *, at_once: bool = False
) -> None:
    """End a failed attempt; queue the run again if that may help, after a pause or `at_once`."""
    run.error = error.model_dump(mode="json")
    if run.cancel_requested:
        to = RunState.CANCELLED
    elif error.retryable and run.attempt < run.max_attempts:
        to = RunState.QUEUED
    else:
        to = RunState.FAILED
    pause = 0 if at_once else BACKOFF.pause(run.attempt)
    await move(session, run, to, now, timedelta(seconds=pause))


async def _succeeded(session: AsyncSession, run: RunRow, result: Result, now: datetime) -> None:
    if run.kind != result.kind:
        raise ReportInvalid(f"This is the result of a run of kind {result.kind}, not {run.kind}.")
    handler = handler_of(run.kind)
    run.result = handler.stored(result)
    run.error = None
    await move(session, run, RunState.SUCCEEDED, now)
    await handler.announce(session, run, KINDS[run.kind].spec.model_validate(run.spec), result)
