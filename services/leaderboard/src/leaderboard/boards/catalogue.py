"""The catalogue of boards."""

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
        Board("overall", "Overall", "The mean of every benchmark, all with the same weight."),
    )
}
