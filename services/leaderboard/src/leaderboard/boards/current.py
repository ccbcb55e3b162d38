"""The boards of this process: made when they are asked for, and kept current beside the requests.

A board that is made quickly is made by the request that needs it. A large one that people look at
is kept current by `run`, which rests longer than it works; until it is done, requests get the state
before. One that nobody has looked at for a while is made by the next request.

A board that is not very large gets intervals of ranks of few replicates when it is made;
`run_ranks` computes better ones. A very large one has those that were computed last, until there
are newer ones.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from leaderboard.boards.catalogue import built_in
from leaderboard.boards.definition import Rules
from leaderboard.boards.filtering.names import Search
from leaderboard.boards.making.maker import BoardMaker
from leaderboard.boards.ranks.apart import ranks_apart
from leaderboard.boards.ranks.computing import (
    basis_of,
    few_ranks,
    ranked_fully,
    ranks_at,
    ranks_of,
)
from leaderboard.boards.ranks.earlier import Basis
from leaderboard.boards.sorting import SORTS, order, sorted_by, sorts
from leaderboard.boards.standing import Board, Ranks
from leaderboard.memory.facts import Facts
from leaderboard.memory.replica import Replica, replica_in
from mergehub.kit.background.resources import Resources
from mergehub.kit.database.database import Database
from mergehub.kit.telemetry.loops import Loop, turned

QUICK_CELLS = 200_000
"""Rows times columns of a board that a request makes by itself, which takes some milliseconds."""
ACTIVE_SECONDS = 10.0  # so long after a request a board is kept current
FORGET_SECONDS = 600.0  # a board that nobody asks for is dropped
STALE_SECONDS = 60.0  # sooner if results have come, as it keeps old ones in memory
LOOK_SECONDS = 20.0
REST, LONGEST_REST = 9, 1.0
"""Boards are made in at most a tenth of the time, as long as that does not make them old."""
WORK_SECONDS = 300.0  # that making all boards may take
RANK_REST = 9
"""Intervals of ranks are computed in at most a tenth of the time."""
MOST = 4_000_000
"""Variants of all boards that a process keeps, up to 700 bytes each; people may make any number."""
Key = tuple[Rules, bool]


@dataclass
class Kept:
    """A state of a board, when it was last asked for, and the intervals of ranks beside it.

    - `ranks`: of this state, or of an earlier one (`as_of`) of a very large board; None: not yet.
    - `basis`: what those of a very large board were computed from.
    """

    board: Board
    asked: float
    ranks: Ranks | None = None
    basis: Basis | None = None

    @property
    def size(self) -> int:
        """How many variants it is made of, as a measure of its memory."""
        return len(self.board.facts.variants)

    @property
    def quick(self) -> bool:
        """Whether it is made quickly."""
        return len(self.board) * len(self.board.columns) <= QUICK_CELLS

    def earlier_ranks(self) -> Ranks | None:
        """The ranks of the last state of which they were computed, beside the places of this."""
        return None if self.basis is None else self.basis.shown(self.board)

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

    def make(
        self, facts: Facts, rules: Rules, verified: bool = False, by: Iterable[str] = ()
    ) -> Kept:
        """A board in this state of the facts; it is sorted `by` these before it is shown."""
        with self._lock:
            kept = self._kept.get((rules, verified))
            if kept is not None and kept.board.facts.codes is not facts.codes:
                kept = None  # it is of another load, in which variants have other numbers
            if kept is not None and kept.board.facts.as_of >= facts.as_of:
                return kept
            board = self._maker.make(facts, rules, verified, None if kept is None else kept.board)
            warm(board, by)
            made = Kept(board, time.monotonic() if kept is None else kept.asked)
            if kept is not None:
                made.basis = kept.basis
                made.ranks = ranks_at(board, kept.board, kept.ranks)
            made.ranks = made.ranks or few_ranks(board) or made.earlier_ranks()
            self._kept[rules, verified] = made
            self._make_room(made)
            return made

    def of_kept(self, facts: Facts, rules: Rules) -> Board | None:
        """A board in this state, made of the one that is kept; None if none is."""
        return self.make(facts, rules).board if (rules, False) in self._kept else None

    def count_ranked(self, facts: Facts, rules: Rules) -> int:
        """How many models have a rank on a board; the board need not be here."""
        kept = self._kept.get((rules, False))
        if kept is not None and kept.board.facts is facts:
            return kept.board.ranked
        with self._lock:
            return self._maker.ranked(facts, rules)

    def _make_room(self, made: Kept) -> None:
        """Forget the boards that nobody has asked for the longest, if all are too large."""
        size = sum(kept.size for kept in self._kept.values())
        for key, kept in sorted(self._kept.items(), key=lambda pair: pair[1].asked):
            if size > MOST and kept is not made:
                size -= kept.size
                del self._kept[key]

    def ranked(self, facts: Facts, rules: Rules) -> Kept:
        """A board in this very state of the facts, with ranks of it: what a release needs."""
        kept = self.make(facts, rules)
        fully = ranked_fully(kept.board, kept.ranks)
        found = kept.ranks if fully else ranks_of(kept.board)
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
            self.make(facts, definition.rules, by=SORTS)

    async def run_ranks(self) -> None:
        """Keep the intervals of ranks current, one board after the other."""
        while True:
            turned(20 * LOOK_SECONDS)
            began = time.monotonic()
            for key in list(self._kept):  # no boards, which would be old when their turn comes
                await self._rank(key)
                turned(20 * LOOK_SECONDS)
            await asyncio.sleep(max(1.0, RANK_REST * (time.monotonic() - began)))

    async def _rank(self, key: Key) -> None:
        """Compute the intervals of ranks of a board, unless they are known."""
        kept = self._kept.get(key)
        if kept is not None and not ranked_fully(kept.board, kept.ranks):
            found = await ranks_apart(kept.board)
            await asyncio.to_thread(self.take_ranks, key, kept, found)

    def take_ranks(self, key: Key, kept: Kept, found: Ranks) -> None:
        """Take the ranks of a state, for it and for a later one that has come meanwhile."""
        basis = basis_of(kept.board, found)
        with self._lock:
            kept.ranks, kept.basis = found, basis
            now = self._kept.get(key)
            if now is not None and now is not kept:
                now.basis = basis
                now.ranks = ranks_at(now.board, kept.board, found) or (
                    now.earlier_ranks() if basis else now.ranks
                )

    def refresh(self, facts: Facts) -> None:
        """Make the boards anew that somebody looks at, and drop others with old facts."""
        asked = {key: kept.asked for key, kept in list(self._kept.items())}
        for key in sorted(asked, key=lambda each: -asked[each]):
            self._refresh(facts, key)
        self.search.look(facts.models)
        with self._lock:
            self._maker.forget(board.board for board in self._kept.values())

    def _refresh(self, facts: Facts, key: Key) -> None:
        kept = self._kept.get(key)
        if kept is None:
            return
        stale = kept.board.facts is not facts
        if time.monotonic() - kept.asked > (STALE_SECONDS if stale else FORGET_SECONDS):
            self._kept.pop(key, None)
        elif stale and kept.active:
            self.make(facts, *key, by=sorted_by(kept.board))


def warm(board: Board, by: Iterable[str] = ()) -> None:
    """Compute what nearly every answer needs, so that no request waits for it.

    `by`: what it is sorted by, as far as it still has that.
    """
    parents = board.facts.models.parents
    _ = board.by_mean, board.places, board.uplift, parents.roots, parents.children
    known = sorts(board)
    for sort in by:
        if sort.removeprefix("-") in known:
            order(board, sort)


_boards: WeakKeyDictionary[Database, Boards] = WeakKeyDictionary()


def boards_in(resources: Resources) -> Boards:
    """The boards of this process, whether requests or loops of the background ask."""
    boards = _boards.get(resources.database)
    if boards is None:
        boards = _boards[resources.database] = Boards(replica_in(resources))
    return boards
