"""Boards by their names, and answers about them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards import known, schemas, sorting
from leaderboard.boards.catalogue import built_in
from leaderboard.boards.current import Boards, Kept
from leaderboard.boards.definition import Definition, Rules
from leaderboard.boards.filtering.filters import Filters
from leaderboard.boards.filtering.masks import kept, together
from leaderboard.boards.own import repository
from leaderboard.boards.own.models import OwnBoardRow
from leaderboard.boards.ranks.computing import SEED
from leaderboard.boards.shown import answers, facets, points
from leaderboard.boards.sorting import Place
from leaderboard.memory.facts import Facts
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import NotFound

MISSING = "no mean and no rank"


class BoardNotFound(NotFound):
    """No board has this name."""

    code, title = "board-not-found", "Board not found"
    remedy = "Choose a board that `GET /v1/boards` lists."


@dataclass(frozen=True)
class Named:
    """A board by its name: its rules, and what is told of it."""

    name: str
    title: str
    summary: str
    domains: tuple[str, ...]
    owner: str | None
    rules: Rules
    version: int

    def told(self) -> dict[str, Any]:
        """The fields of `schemas.BoardInfo`."""
        return {
            "name": self.name,
            "title": self.title,
            "summary": self.summary,
            "domains": list(self.domains),
            "owner": self.owner,
            **self.rules.model_dump(mode="json", include=set(Rules.model_fields)),
            "missing": MISSING,
            "version": self.version,
        }


def of_hub(definition: Definition) -> Named:
    """A board that comes with the hub."""
    return Named(
        definition.name,
        definition.title,
        definition.summary,
        definition.domains,
        None,
        definition.rules,
        version=1,
    )


def of_people(row: OwnBoardRow) -> Named:
    """A board that people made."""
    rules = Rules.model_validate(row.rules)
    domains = tuple(row.domains)
    return Named(row.name, row.title, row.summary, domains, row.owner, rules, row.version)


async def named(session: AsyncSession, name: str) -> Named:
    """The board of this name. Raises BoardNotFound."""
    if name in built_in():
        return of_hub(built_in()[name])
    row = await repository.get(session, name)
    if row is None:
        raise no_board(name)
    return of_people(row)


async def every(
    session: AsyncSession, paging: PageRequest, boards: Boards, facts: Facts
) -> schemas.BoardList:
    """A page of boards: those of the hub, then those that people made, by name."""
    after = paging.after(int, str)
    hub = [] if after and after[0] else [of_hub(each) for each in built_in().values()]
    if after and not after[0]:
        hub = hub[[each.name for each in hub].index(after[1]) + 1 :]
    rows = await repository.page(session, after[1] if after and after[0] else "", paging.rows)
    found, next_cursor = paging.cut(
        [*hub, *(of_people(row) for row in rows)], lambda each: (int(bool(each.owner)), each.name)
    )
    ranked = await asyncio.to_thread(
        lambda: [boards.count_ranked(facts, each.rules) for each in found]
    )
    items = [each.told() | {"ranked": count} for each, count in zip(found, ranked, strict=True)]
    return schemas.BoardList.model_validate({"items": items, "next_cursor": next_cursor})


def no_board(name: str) -> BoardNotFound:
    """The problem that a board is not there."""
    return BoardNotFound(
        f"There is no board {name!r}. Those of the hub are {', '.join(built_in())}; "
        "`GET /v1/boards` lists all."
    )


@dataclass(frozen=True)
class Asked:
    """A board in a state of the facts, as a request wants to see it."""

    boards: Boards
    facts: Facts
    named: Named
    filters: Filters
    verified: bool

    def kept(self) -> Kept:
        return self.boards.of(self.facts, self.named.rules, self.verified)


async def page(asked: Asked, sort: str, paging: PageRequest) -> bytes:
    """A page of a board, as JSON. Raises Invalid and BadCursor."""
    after = paging.after(int, float, str, str)
    place = Place(*after) if after else None
    return await asyncio.to_thread(answer, asked, sort, paging, place)


def answer(asked: Asked, sort: str, paging: PageRequest, place: Place | None) -> bytes:
    """A page of a board, as JSON, after a place in its order. Raises Invalid."""
    now = asked.kept()
    board, ranks = now.board, now.ranks
    sorting.check(board, sort)
    order = sorting.order(board, sort)
    masks = kept(board, asked.filters, asked.boards.search)
    rows = sorting.chosen(order, together(masks, len(board))) if masks else order.rows
    begin = sorting.after(board, order, rows, place, sort) if place else 0
    some, next_cursor = paging.cut(
        rows[begin : begin + paging.rows].tolist(), lambda row: sorting.place(board, order, row)
    )
    return to_json(
        {
            "board": asked.named.told(),
            "as_of": board.facts.as_of,
            "columns": answers.columns(board),
            "ranked": board.ranked,
            "matching": len(rows),
            "ranks": {
                "method": "bootstrap",
                "replicates": ranks and ranks.replicates,
                "seed": SEED,
                "as_of": ranks and ranks.as_of,
                "read_at": ranks and ranks.read_at,
            },
            "items": answers.rows(board, np.array(some, np.int32), ranks),
            "suggestions": known.suggestions(asked.filters, board.facts),
            "next_cursor": next_cursor,
        }
    )


async def counted(asked: Asked) -> bytes:
    """The facets of a board, as JSON."""

    def count() -> bytes:
        board = asked.kept().board
        masks = kept(board, asked.filters, asked.boards.search)
        matching = int(np.count_nonzero(together(masks, len(board))))
        of_filters = facets.facets(board, masks)
        return to_json({"as_of": board.facts.as_of, "matching": matching, **of_filters})

    return await asyncio.to_thread(count)


async def drawn(asked: Asked) -> bytes:
    """The rows of a board as points, as JSON."""

    def draw() -> bytes:
        board = asked.kept().board
        masks = kept(board, asked.filters, asked.boards.search)
        found = points.points(board, together(masks, len(board)))
        return to_json({"as_of": board.facts.as_of, **found})

    return await asyncio.to_thread(draw)
