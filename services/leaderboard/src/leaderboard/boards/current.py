"""The boards of this process: made when they are asked for, and kept current beside the requests.

A board that is made quickly is made by the request that needs it. A large one is kept current by
`run`, which rests several times as long as it works; until it is done, requests get the state
before. The intervals of ranks follow in the same way.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from leaderboard.boards.definition import Rules
from leaderboard.boards.filters import Search
from leaderboard.boards.standing import Board, BoardMaker, Ranks
from leaderboard.memory.facts import Facts
from leaderboard.memory.replica import Replica, replica_in
from leaderboard.statistics import ranks
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import Database
from mergehub.kit.telemetry.loops import Loop, turned

QUICK_CELLS = 200_000
"""Rows times columns of a board that a request makes by itself, which takes some milliseconds."""
FEW_RANKS = 500_000
"""Ranks to draw that a board gets when it is made."""
FORGET_SECONDS = 300.0  # a board that nobody asks for is no longer kept current
LOOK_SECONDS = 20.0
REST = 3
"""Boards are made in at most a quarter of the time."""
RANK_REST = 9
"""Intervals of ranks are computed in at most a tenth of the time."""
MOST = 40
"""Boards that a process keeps; people may make any number."""
SEED = 0

Key = tuple[Rules, bool]


@dataclass
class Ranking:
    """The newest intervals of ranks of a board, and the state of it that they are of."""

    ranks: Ranks | None = None
    of: Board | None = None


@dataclass
class Kept:
    """A state of a board, when it was last asked for, and the ranks that all its states share."""

    board: Board
    asked: float
    ranking: Ranking

    @property
    def ranks(self) -> Ranks | None:
        """The newest intervals of ranks; None: not computed yet."""
        return self.ranking.ranks

    @property
    def quick(self) -> bool:
        """Whether it is made quickly."""
        return len(self.board) * len(self.board.columns) <= QUICK_CELLS


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
        if kept is None or (kept.board.facts is not facts and kept.quick):
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
            now = time.monotonic() if kept is None else kept.asked
            made = Kept(board, now, Ranking() if kept is None else kept.ranking)
            if board.ranked * ranks.replicates_of(board.ranked) <= FEW_RANKS:
                rank(board, made.ranking)
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
        own = Kept(kept.board, kept.asked, Ranking(kept.ranking.ranks, kept.ranking.of))
        rank(own.board, own.ranking)
        return own

    def loops(self) -> Mapping[str, Loop]:
        """The loops that keep boards and ranks current."""
        return {"boards": self.run, "ranks": self.run_ranks}

    async def run(self) -> None:
        """Keep the boards current that somebody asks for."""
        assert self._replica is not None
        facts = await self._replica.newer(-1)
        while True:
            turned(2 * LOOK_SECONDS)
            began = time.monotonic()
            await asyncio.to_thread(self.refresh, facts)
            turned(2 * LOOK_SECONDS)
            await asyncio.sleep(REST * (time.monotonic() - began))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    facts = await self._replica.newer(facts.as_of)
            except TimeoutError:
                continue

    async def run_ranks(self) -> None:
        """Keep the intervals of ranks current, one board after the other."""
        while True:
            turned(20 * LOOK_SECONDS)
            began = time.monotonic()
            for kept in self._unranked():
                await asyncio.to_thread(rank, kept.board, kept.ranking)
                turned(20 * LOOK_SECONDS)
            await asyncio.sleep(max(1.0, RANK_REST * (time.monotonic() - began)))

    def _unranked(self) -> list[Kept]:
        """The boards whose ranks are those of an older state; a thread may add one meanwhile."""
        return [each for each in list(self._kept.values()) if each.ranking.of is not each.board]

    def refresh(self, facts: Facts) -> None:
        """Make the boards anew that somebody asks for, and forget the others."""
        now = time.monotonic()
        self.search.look(facts.models)
        for key, kept in list(self._kept.items()):
            if now - kept.asked > FORGET_SECONDS:
                del self._kept[key]
            elif kept.board.facts is not facts:
                self.make(facts, *key)
        with self._lock:
            self._maker.forget(board.board for board in self._kept.values())


def warm(board: Board) -> None:
    """Compute what nearly every answer needs, so that no request waits for it."""
    _ = board.by_mean, board.places, board.uplift, board.facts.models.parents.roots


def rank(board: Board, ranking: Ranking) -> None:
    """Bring the intervals of ranks up to a state of the board."""
    if ranking.ranks is not None and ranking.of is not None and same_means(board, ranking.of):
        ranking.of = board
        return
    rows = board.by_mean.rows[: board.ranked]
    found = ranks.intervals(board.mean[rows], board.error[rows], SEED)
    ends = np.zeros((2, len(board.facts.variants)), np.int32)
    ends[:, board.variants[rows]] = found.best, found.worst
    ranking.ranks = Ranks(board.facts.as_of, found.replicates, ends[0], ends[1])
    ranking.of = board


def same_means(one: Board, other: Board) -> bool:
    """Whether nothing changed that ranks depend on."""
    return one.mean is other.mean and one.variants is other.variants


_boards: WeakKeyDictionary[Database, Boards] = WeakKeyDictionary()


def boards_in(resources: Resources) -> Boards:
    """The boards of this process, whether requests or loops of the background ask."""
    boards = _boards.get(resources.database)
    if boards is None:
        boards = _boards[resources.database] = Boards(replica_in(resources))
    return boards
