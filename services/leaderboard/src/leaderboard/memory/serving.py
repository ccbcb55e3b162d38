"""The facts for requests. While they load, requests wait a little and then get a 503 problem."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from leaderboard.memory.facts import Facts
from leaderboard.memory.replica import Replica, replica_in
from mergehub.kit.problems.problem import Problem

PATIENCE_SECONDS = 5.0
GLANCE_SECONDS = 1.0
SILENT_SECONDS = 60.0  # a replica that has not read the log for so long is out of date


class FactsLoading(Problem):
    """The service has just started and is still reading the results from the database."""

    status, code, title = 503, "facts-loading", "The results are being loaded"
    remedy = "Send the request again after the seconds in `Retry-After`."


def replica_of(app: FastAPI) -> Replica:
    """The replica of the facts in this process."""
    return replica_in(app.state.resources)


async def facts_of(app: FastAPI) -> Facts:
    """The present state of the facts. Raises FactsLoading."""
    replica = replica_of(app)
    facts = replica.facts or await replica.loaded(PATIENCE_SECONDS)
    if facts is None:
        raise FactsLoading(
            "The service is reading the results from the database.", headers={"Retry-After": "2"}
        )
    return facts


async def newest_facts(app: FastAPI) -> Facts:
    """The facts with all that was committed before this call, or the present ones after a while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await replica_of(app).current()
    return await facts_of(app)


async def _facts(request: Request) -> Facts:
    return await facts_of(request.app)


InMemory = Annotated[Facts, Depends(_facts)]
"""The present state of the facts. The operation declares FactsLoading in `responses=`."""


async def facts_fault(app: FastAPI) -> str | None:
    """Why boards have no answer, or none of today; None if they have."""
    replica = replica_of(app)
    if await replica.loaded(GLANCE_SECONDS) is None:
        return "facts: the service is reading the results from the database."
    seconds = replica.silent_seconds()
    if seconds > SILENT_SECONDS:
        return f"facts: they have not followed the database for {seconds:.0f} seconds."
    return None
