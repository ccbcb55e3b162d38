"""Keeps the scores of all boards in their table, as the results and parents of models change."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards import ranking
from leaderboard.boards.catalogue import BOARDS
from leaderboard.parents import repository as parents
from leaderboard.results import service as results
from leaderboard.scores import repository
from leaderboard.scores.standing import Standing, standings
from leaderboard.tables import CHANGED
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.notify import notify, wait
from mergehub.kit.telemetry.loops import turned

CHANNEL = "leaderboard_scores"
LOOK_SECONDS = 20.0  # how often to look without a call
SHARE = 10  # of the time at most one part in ten is spent here


class Scorekeeper:
    """Brings the table up to date while `run` runs. Any number of processes may run one."""

    def __init__(self, resources: Resources) -> None:
        self._database, self._signals = resources.database, resources.signals

    async def run(self) -> None:
        """Keep the scores for ever; soon after a change, and never most of the time."""
        with self._signals.subscribe(CHANGED) as woken:
            while True:
                turned()
                began = time.monotonic()
                await self.refresh()
                pause = (SHARE - 1) * (time.monotonic() - began)
                turned(pause + 2 * LOOK_SECONDS)
                await asyncio.sleep(pause)
                await wait(woken, LOOK_SECONDS)

    async def refresh(self) -> None:
        """Store what is not as it was, and wake those who follow."""
        async with self._database.transaction() as session:
            await repository.lock(session)
            now = await _now(session)
            changed = [await _keep(session, board, now) for board in BOARDS]
            if any(changed):
                await notify(session, CHANNEL)


async def _now(session: AsyncSession) -> dict[str, Standing]:
    scores = await results.newest(session)
    ingredients = await parents.ingredients(session)

    def computed() -> dict[str, Standing]:
        return standings(ranking.rows(scores, ranking.columns(scores)), ingredients)

    return await asyncio.to_thread(computed)


async def _keep(session: AsyncSession, board: str, now: dict[str, Standing]) -> int:
    """Store the changes of one board; returns how many."""
    kept = await repository.kept(session, board)
    gone = dict.fromkeys(kept.keys() - now.keys(), Standing(None, None))
    changed = {
        model: each for model, each in sorted((now | gone).items()) if kept.get(model) != each
    }
    await repository.keep(session, board, changed)
    return len(changed)
