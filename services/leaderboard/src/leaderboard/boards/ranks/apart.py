"""Computes intervals of ranks in a process of their own, so that answers do not wait for them.

It gives way to all other work of the machine, and its memory goes with it.
"""

from __future__ import annotations

import asyncio
import io
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress

import numpy as np

from leaderboard.boards.ranks.computing import SEED, by_variant, size_of
from leaderboard.boards.standing import Board, Ranks
from leaderboard.memory.arrays import Values
from leaderboard.statistics.ranks import REPLICATES, RankIntervals

PROGRAM = (sys.executable, "-m", "leaderboard.boards.ranks")


class Failed(Exception):
    """The process did not compute the intervals."""


async def ranks_apart(board: Board) -> Ranks:
    """The intervals of ranks of a state of a board. Raises Failed."""
    rows = board.ranked_rows
    replicates = size_of(board, REPLICATES)
    return by_variant(board, await intervals(board.mean[rows], board.error[rows], replicates))


async def intervals(scores: Values, errors: Values, replicates: int) -> RankIntervals:
    """What `leaderboard.statistics.ranks.intervals` returns. Raises Failed."""
    asked = await asyncio.to_thread(_asked, scores, errors, replicates)
    process = await asyncio.create_subprocess_exec(*PROGRAM, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        answer, said = await process.communicate(asked)
    finally:
        with suppress(ProcessLookupError):  # it has ended
            process.kill()
    if process.returncode:
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise Failed(f"The process ended with {process.returncode}: {last}")
    return await asyncio.to_thread(_found, answer, replicates)


def _asked(scores: Values, errors: Values, replicates: int) -> bytes:
    """What the process reads; its checksum takes some milliseconds."""
    asked = io.BytesIO()
    np.savez(asked, scores=scores, errors=errors, seed=SEED, replicates=replicates)
    return asked.getvalue()


def _found(answer: bytes, replicates: int) -> RankIntervals:
    with np.load(io.BytesIO(answer), allow_pickle=False) as found:
        return RankIntervals(found["places"], found["best"], found["worst"], replicates)
