"""A run as a stream of server-sent events (the HTML standard's EventSource)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from mergehub.contracts.runs import FINAL, Run
from mergehub.kit.database import Database
from mergehub.kit.notify import Signals, wait
from registry.runs import service
from registry.runs.moves import CHANNEL

# How long it may be quiet: then one looks without being called, and lets proxies see life.
QUIET_SECONDS = 15.0


async def follow(
    database: Database, signals: Signals, run_id: UUID, after: int
) -> AsyncIterator[str]:
    """Frames of the run at each revision beyond `after` that is met, to the final one.

    A connection is held only while looking, never while waiting. Who is slow meets fewer
    revisions, and always the last.
    """
    with signals.subscribe(CHANNEL, str(run_id)) as woken:
        while True:
            async with database.transaction() as session:
                run = await service.find(session, run_id)
            if run.revision > after:
                after = run.revision
                yield _frame(run)
            else:
                yield ": still here\n\n"
            if run.state in FINAL:
                return
            await wait(woken, QUIET_SECONDS)


def _frame(run: Run) -> str:
    return f"id: {run.revision}\nevent: run\ndata: {run.model_dump_json()}\n\n"
