"""Computes intervals of ranks in a process of their own, so that answers do not wait for them."""

from __future__ import annotations

import asyncio
import io

import numpy as np

from leaderboard.boards.ranks.computing import SEED, by_variant, size_of
from leaderboard.boards.standing import Board, Ranks
from leaderboard.memory.arrays import Values
from leaderboard.statistics.ranks import REPLICATES, RankIntervals
from mergehub.kit.background.apart import run_apart

PROGRAM = "leaderboard.boards.ranks"


async def ranks_apart(board: Board) -> Ranks:
    """The intervals of ranks of a state of a board. Raises Failed, OSError."""
    rows = board.ranked_rows
    replicates = size_of(board, REPLICATES)
    return by_variant(board, await intervals(board.mean[rows], board.error[rows], replicates))


async def intervals(scores: Values, errors: Values, replicates: int) -> RankIntervals:
    """What `leaderboard.statistics.ranks.intervals` returns. Raises Failed, OSError."""
    asked = await asyncio.to_thread(_asked, scores, errors, replicates)
    return await asyncio.to_thread(_found, await run_apart(PROGRAM, asked), replicates)


def _asked(scores: Values, errors: Values, replicates: int) -> bytes:
    """What the process reads; its checksum takes some milliseconds."""
    asked = io.BytesIO()
    np.savez(asked, scores=scores, errors=errors, seed=SEED, replicates=replicates)
    return asked.getvalue()


def _found(answer: bytes, replicates: int) -> RankIntervals:
    with np.load(io.BytesIO(answer), allow_pickle=False) as found:
        return RankIntervals(found["places"], found["best"], found["worst"], replicates)
