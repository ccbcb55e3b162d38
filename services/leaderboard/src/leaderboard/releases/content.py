"""What a release has, as bytes that are the same wherever they are made from the same results."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from leaderboard.boards.current import Kept
from leaderboard.boards.ranks.computing import SEED
from leaderboard.boards.service import Named
from leaderboard.boards.shown import answers

ROWS = 200
"""How many rows a part has."""
OWN_ROWS = 5000
"""The first so many rows of a board that people made are released, and all of one of the hub."""


class Content(NamedTuple):
    """A release before it has a number: the JSON about the board, and parts of its rows."""

    head: str
    parts: list[bytes]
    digest: str
    models: int


def content_of(named: Named, kept: Kept) -> Content:
    """The content of a board as it is now, with ranks of the same state."""
    board, ranks = kept.board, kept.ranks
    assert ranks is not None
    head = canonical(
        {
            "board": named.told(),
            "columns": answers.columns(board),
            "ranked": board.ranked,
            "ranks": {"method": "bootstrap", "replicates": ranks.replicates, "seed": SEED},
        }
    )
    digest, parts = hashlib.sha256(head.encode()), []
    models = len(board) if named.owner is None else min(len(board), OWN_ROWS)
    for lines in _lines(kept, models):
        digest.update(lines)
        parts.append(zlib.compress(lines))
    return Content(head, parts, f"sha256:{digest.hexdigest()}", models)


def _lines(kept: Kept, models: int) -> Iterator[bytes]:
    """The first rows in the board's order, `ROWS` lines at a time, each after a line break."""
    board = kept.board
    for begin in range(0, models, ROWS):
        some = board.by_mean.rows[begin : min(begin + ROWS, models)]
        rows = answers.rows(board, some, kept.ranks)
        yield "".join(f"\n{canonical(row)}" for row in rows).encode()


def lines_of(part: bytes) -> list[str]:
    """The rows of a part, as JSON."""
    return zlib.decompress(part).decode().split("\n")[1:]


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
