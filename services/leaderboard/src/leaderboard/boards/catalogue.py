"""The boards that there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Board:
    name: str
    title: str
    summary: str


BOARDS = {
    board.name: board
    for board in (
        Board("overall", "Overall", "Every benchmark, each with the same weight in a plain mean."),
    )
}
