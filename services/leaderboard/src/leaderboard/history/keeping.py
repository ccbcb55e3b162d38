"""Keeps the places of each day, once an hour."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.current import Boards
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.boards.own import repository as own
from leaderboard.boards.service import Named, of_hub, of_people
from leaderboard.history import repository
from leaderboard.history.packing import packed
from leaderboard.memory.facts import Facts
from leaderboard.memory.replica import Replica
from mergehub.kit.background.resources import Resources
from mergehub.kit.telemetry.loops import turned

HOUR_SECONDS = 3600.0
FIRST_SECONDS = 60.0
"""After a start, when boards are made for answers, too."""
REST = 9
"""It works for at most a tenth of the time."""
AT_ONCE = 100


class HistoryKeeper:
    """Stores the places of the present day while `run` runs. Any number of processes may."""

    def __init__(self, resources: Resources, replica: Replica, boards: Boards) -> None:
        self._database, self._replica, self._boards = resources.database, replica, boards
        self._as_of, self._day = -1, date.min

    async def run(self) -> None:
        """Keep the history for ever."""
        await self._replica.newer(-1)
        turned(2 * HOUR_SECONDS)
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            turned(2 * HOUR_SECONDS)
            await self.keep(datetime.now(UTC).date())
            turned(2 * HOUR_SECONDS)
            await asyncio.sleep(HOUR_SECONDS)

    async def keep(self, day: date) -> None:
        """Store the places that all boards have now as those of `day`, if anything changed."""
        facts = await self._replica.current()
        if (facts.as_of, day) == (self._as_of, self._day):
            return
        maker = BoardMaker()  # of its own: what it makes is not kept
        for definition in built_in().values():
            await self._keep(maker, facts, of_hub(definition), day)
        after = ""
        while True:
            async with self._database.reading() as session:
                rows = await own.page(session, after, AT_ONCE)
                named = [of_people(row) for row in rows]
            for each in named:
                await self._keep(maker, facts, each, day)
            if len(named) < AT_ONCE:
                break
            after = named[-1].name
        self._as_of, self._day = facts.as_of, day

    async def _keep(self, maker: BoardMaker, facts: Facts, named: Named, day: date) -> None:
        began = asyncio.get_running_loop().time()
        board = await asyncio.to_thread(self._boards.of_kept, facts, named.rules)
        if board is None:
            board = await asyncio.to_thread(maker.make, facts, named.rules)
        parts = await asyncio.to_thread(lambda: list(packed(board)))
        maker.forget(())
        async with self._database.transaction() as session:
            await repository.keep(session, named.name, day, board.ranked, parts)
        turned(2 * HOUR_SECONDS)
        await asyncio.sleep(REST * (asyncio.get_running_loop().time() - began))
