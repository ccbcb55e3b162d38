"""Keeps the scores of a board in their table, as the results and parents of models change."""

from __future__ import annotations

import asyncio
import time

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.current import Boards
from leaderboard.boards.service import of_hub
from leaderboard.boards.standing import Board
from leaderboard.memory.columns import Vocabulary
from leaderboard.memory.replica import Replica
from leaderboard.scores import repository
from leaderboard.scores.standing import Columns, Standings, changed, known, standings
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.notify import notify
from mergehub.kit.telemetry.loops import turned

CHANNEL = "leaderboard_scores"
FED = "overall"
"""The board whose scores are followed."""
LOOK_SECONDS = 20.0  # how often to look without a change
WORK_SECONDS = 300.0  # that storing a large board may take
SHARE = 10  # of the time at most one part in ten is spent here


class Scorekeeper:
    """Brings the table up to date while `run` runs. Any number of processes may run one."""

    def __init__(self, resources: Resources, replica: Replica, boards: Boards) -> None:
        self._database, self._replica, self._boards = resources.database, replica, boards
        self._rules = of_hub(built_in()[FED]).rules
        self._last: Standings | None = None
        self._of: Vocabulary | None = None
        self._newest = -1

    async def run(self) -> None:
        """Keep the scores for ever; soon after a change, and never most of the time."""
        while True:
            turned(WORK_SECONDS)
            facts = self._replica.facts
            began = time.monotonic()
            if facts is not None:
                await self.refresh()
            pause = (SHARE - 1) * (time.monotonic() - began)
            turned(pause + 2 * LOOK_SECONDS)
            await asyncio.sleep(pause)
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._replica.newer(-1 if facts is None else facts.as_of)
            except TimeoutError:
                continue

    async def refresh(self) -> None:
        """Store what is not as it was, and wake those who follow."""
        facts = await self._replica.current()
        made = await asyncio.to_thread(self._boards.make, facts, self._rules)
        made.asked = time.monotonic()
        board = made.board
        now = await asyncio.to_thread(standings, board)
        async with self._database.transaction() as session:
            await repository.lock(session)
            last = await self._known(session, board)
            new = await asyncio.to_thread(_changed, board, last, now)
            await repository.keep(session, FED, new)
            newest = await repository.newest(session, FED)
            if new.models:
                await notify(session, CHANNEL)
        self._last, self._of, self._newest = now, facts.codes, newest

    async def _known(self, session: AsyncSession, board: Board) -> Standings:
        """What the table has: as this process left it, unless another one has written since."""
        newest = await repository.newest(session, FED)
        if self._last is not None and self._of is board.facts.codes and newest == self._newest:
            return self._last
        return await asyncio.to_thread(known, board, await repository.kept(session, FED))


def _changed(board: Board, last: Standings, now: Standings) -> Columns:
    """The standings that are not as they were."""
    return now.columns(board, changed(last, now))
