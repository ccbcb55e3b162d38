"""The boards of this process: made when they are asked for, and kept current beside the requests.

A board that is made quickly is made by the request that needs it. A large one that people look at
is kept current by `run`, which rests longer than it works; until it is done, requests get the state
before. One that nobody has looked at for a while is made by the next request.

Intervals of ranks are of the state that they are shown with, or there are none. A board that is not
very large gets some of few replicates when it is made; `run_ranks` computes better ones.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.definition import Rules
from leaderboard.boards.filters import Search
from leaderboard.boards.standing import Board, BoardMaker, Ranks
from leaderboard.memory.arrays import Numbers
from leaderboard.memory.facts import Facts
from leaderboard.memory.replica import Replica, replica_in
from leaderboard.statistics import ranks
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import Database
from mergehub.kit.telemetry.loops import Loop, turned

QUICK_CELLS = 200_000
"""Rows times columns of a board that a request makes by itself, which takes some milliseconds."""
FEW_RANKS = 1_000_000
"""Ranks to draw when a board is made, which takes some hundredths of a second."""
ACTIVE_SECONDS = 10.0  # so long after a request a board is kept current
FORGET_SECONDS = 600.0  # a board that nobody asks for is dropped
LOOK_SECONDS = 20.0
REST, LONGEST_REST = 3, 1.0
"""Boards are made in at most a quarter of the time, as long as that does not make them old."""
WORK_SECONDS = 300.0  # that making all boards may take
RANK_REST = 9
"""Intervals of ranks are computed in at most a tenth of the time."""
MOST = 40
"""Boards that a process keeps; people may make any number."""
SEED = 0

Key = tuple[Rules, bool]


@dataclass
class Kept:
    """A state of a board, when it was last asked for, and the intervals of ranks of this state.

    `ranks`: None if they are not computed yet.
    """

    board: Board
    asked: float
    ranks: Ranks | None = None

    @property
    def quick(self) -> bool:
        """Whether it is made quickly."""
        return len(self.board) * len(self.board.columns) <= QUICK_CELLS

    @property
    def active(self) -> bool:
        """Whether somebody has asked for it just now, so that it is kept current."""
        return time.monotonic() - self.asked <= ACTIVE_SECONDS


class Boards:
    """All boards of this process, for any thread."""

    def __init__(self, replica: Replica | None = None) -> None:
        self.search = Search()
        self._replica = replica
        self._maker = BoardMaker()
        self._kept: dict[Key, Kept] = {}
        self._lock = threading.Lock()

    def of(self, facts: Facts, rules: Rules, verified: bool = False) -> Kept:
        """A board in this state of the facts, or if it is large, perhaps in one just before."""
        kept = self._kept.get((rules, verified))
        if kept is None or (kept.board.facts is not facts and (kept.quick or not kept.active)):
            kept = self.make(facts, rules, verified)
        kept.asked = time.monotonic()
        return kept

    def make(self, facts: Facts, rules: Rules, verified: bool = False) -> Kept:
        """A board in this state of the facts."""
        with self._lock:
            kept = self._kept.get((rules, verified))
            if kept is not None and kept.board.facts.codes is not facts.codes:
                kept = None  # it is of another load, in which variants have other numbers
            if kept is not None and kept.board.facts.as_of >= facts.as_of:
                return kept
            board = self._maker.make(facts, rules, verified, None if kept is None else kept.board)
            warm(board)
            made = Kept(board, time.monotonic() if kept is None else kept.asked)
            made.ranks = (kept and ranks_at(board, kept)) or few_ranks(board)
            self._make_room()
            self._kept[rules, verified] = made
            return made

    def _make_room(self) -> None:
        """Forget the board that nobody has asked for the longest, if there are many."""
        if len(self._kept) > MOST:
            del self._kept[min(self._kept, key=lambda key: self._kept[key].asked)]

    def ranked(self, facts: Facts, rules: Rules) -> Kept:
        """A board in this very state of the facts, with ranks of it: what a release needs."""
        kept = self.make(facts, rules)
        found = kept.ranks if ranked_fully(kept) else ranks_of(kept.board)
        return replace(kept, ranks=found)

    def loops(self) -> Mapping[str, Loop]:
        """The loops that keep boards and ranks current."""
        return {"boards": self.run, "ranks": self.run_ranks}

    async def run(self) -> None:
        """Keep the boards current that somebody asks for."""
        assert self._replica is not None
        turned(WORK_SECONDS)
        facts = await self._replica.newer(-1)
        await asyncio.to_thread(self.prepare, facts)
        while True:
            turned(WORK_SECONDS)
            began = time.monotonic()
            await asyncio.to_thread(self.refresh, facts)
            turned(2 * LOOK_SECONDS)
            await asyncio.sleep(min(LONGEST_REST, REST * (time.monotonic() - began)))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    facts = await self._replica.newer(facts.as_of)
            except TimeoutError:
                continue

    def prepare(self, facts: Facts) -> None:
        """Make the boards of the hub, so that nobody waits for the first of them."""
        self.search.look(facts.models)
        for definition in built_in().values():
            self.make(facts, definition.rules)

    async def run_ranks(self) -> None:
        """Keep the intervals of ranks current, one board after the other."""
        while True:
            turned(20 * LOOK_SECONDS)
            began = time.monotonic()
            for key, kept in list(self._kept.items()):
                if not ranked_fully(kept):
                    await asyncio.to_thread(self.rank, key, kept)
                turned(20 * LOOK_SECONDS)
            await asyncio.sleep(max(1.0, RANK_REST * (time.monotonic() - began)))

    def rank(self, key: Key, kept: Kept) -> None:
        """Compute the ranks of a state; a later one that has come meanwhile may share them."""
        kept.ranks = ranks_of(kept.board)
        with self._lock:
            now = self._kept.get(key)
            if now is not None and now is not kept:
                now.ranks = ranks_at(now.board, kept) or now.ranks

    def refresh(self, facts: Facts) -> None:
        """Make the boards anew that somebody looks at, and drop others with old facts."""
        now = time.monotonic()
        self.search.look(facts.models)
        last_asked = sorted(self._kept.items(), key=lambda pair: -pair[1].asked)
        for key, kept in last_asked:
            stale = kept.board.facts is not facts
            if now - kept.asked > FORGET_SECONDS or (stale and not kept.active):
                self._kept.pop(key, None)
            elif stale:
                self.make(facts, *key)
        with self._lock:
            self._maker.forget(board.board for board in self._kept.values())


def warm(board: Board) -> None:
    """Compute what nearly every answer needs, so that no request waits for it."""
    _ = board.by_mean, board.places, board.uplift, board.facts.models.parents.roots


def few_ranks(board: Board) -> Ranks | None:
    """Intervals of as many replicates as are quickly drawn; None if those would be too few."""
    replicates = FEW_RANKS // max(board.ranked, 1)
    return ranks_of(board, replicates) if replicates >= ranks.LEAST else None


def ranks_of(board: Board, most: int = ranks.REPLICATES) -> Ranks:
    """The intervals of ranks of a state, of the usual number of replicates but at most so many."""
    rows, size = ranked_rows(board), min(most, ranks.replicates_of(board.ranked))
    found = ranks.intervals(board.mean[rows], board.error[rows], SEED, replicates=size)
    ends = np.zeros((2, len(board.facts.variants)), np.int32)
    ends[:, board.variants[rows]] = found.best, found.worst
    return Ranks(board.facts.as_of, found.replicates, ends[0], ends[1])


def ranked_fully(kept: Kept) -> bool:
    """Whether the intervals are there, and of all replicates that such a board gets."""
    wanted = ranks.replicates_of(kept.board.ranked) if kept.board.ranked else 0
    return kept.ranks is not None and kept.ranks.replicates >= wanted


def ranks_at(board: Board, kept: Kept) -> Ranks | None:
    """The ranks of another state if they are those of this one, too."""
    if kept.ranks is None or not same_ranking(board, kept.board):
        return None
    return replace(kept.ranks, as_of=board.facts.as_of)


def same_ranking(one: Board, other: Board) -> bool:
    """Whether all that ranks depend on is equal: who is ranked, and the means and their errors."""
    if one.facts.codes is not other.facts.codes or one.ranked != other.ranked:
        return False  # variants have other numbers in another load
    mine, theirs = ranked_rows(one), ranked_rows(other)
    return all(
        np.array_equal(column[mine], before[theirs], equal_nan=column.dtype.kind == "f")
        for column, before in (
            (one.variants, other.variants),
            (one.mean, other.mean),
            (one.error, other.error),
        )
    )


def ranked_rows(board: Board) -> Numbers:
    """The rows that have a rank, the best first."""
    return board.by_mean.rows[: board.ranked]


_boards: WeakKeyDictionary[Database, Boards] = WeakKeyDictionary()


def boards_in(resources: Resources) -> Boards:
    """The boards of this process, whether requests or loops of the background ask."""
    boards = _boards.get(resources.database)
    if boards is None:
        boards = _boards[resources.database] = Boards(replica_in(resources))
    return boards
