"""Recommends what to merge on a base."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.boards.service import Asked
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Codes16
from leaderboard.recommendations import evidence, schemas, telling
from leaderboard.recommendations.candidates import (
    Candidates,
    ancestors,
    candidates,
    strongest,
    weights,
)
from leaderboard.recommendations.complement import Group, apart, groups, shrunk
from leaderboard.recommendations.licences import agreement
from leaderboard.uplift.answers import number
from leaderboard.uplift.service import found
from leaderboard.uplift.tables.cells import Cell
from leaderboard.uplift.tables.table import BoardGains
from mergehub.kit.problems.problem import NotFound

SPARE = 10
"""So many times as many groups are made as are shown, since licences may not agree."""


class BaseNotFound(NotFound):
    """No model of this name has results or descendants with results."""

    code, title = "base-not-found", "Base not found"
    remedy = "Choose a base that `GET /v1/uplift/table` has as a column."


@dataclass(frozen=True)
class Question:
    """What is to be recommended: on which base, for which domain, how many ingredients."""

    base: str
    domain: str | None
    size: int
    limit: int


@dataclass(frozen=True, eq=False)
class Known:
    """All that a recommendation draws from.

    `some`: places of the candidates that are paired; `values` are those of the candidates, shrunk.
    `licences`: what lineage knows, without claims of imports.
    """

    board: Board
    base: int
    of: Candidates
    some: np.ndarray[tuple[int], np.dtype[np.int32]]
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    shares: np.ndarray[tuple[int], np.dtype[np.float64]]
    similar: BoardGains
    method: tuple[int, Cell] | None
    licences: Codes16


async def recommendations(
    session: AsyncSession, asked: Asked, question: Question
) -> schemas.Recommendations:
    """Groups of models that complement each other. Raises BaseNotFound."""
    base = await found(session, asked.facts, question.base)
    if base is None:
        raise BaseNotFound(f"No model {question.base!r} is known.")
    number_of_base = base

    def told() -> schemas.Recommendations:
        return _recommended(asked, asked.kept().board, number_of_base, question)

    return await asyncio.to_thread(told)


def _recommended(
    asked: Asked, board: Board, base: int, question: Question
) -> schemas.Recommendations:
    known = _known(board, base, question.domain)
    chosen, refused = _agreeing(known, _groups(known, question), question.limit)
    merges = len(known.similar.row)
    every = evidence.of_all(known.similar)
    items = [_told(known, group, every) for group in chosen]
    codes = board.facts.codes
    left_out = dict(known.of.left_out) | {"licences that exclude each other": refused}
    names = [each.column.benchmark for each in board.columns]
    return schemas.Recommendations(
        base=board.facts.name(base),
        domain=question.domain,
        board=asked.named.name,
        as_of=board.facts.as_of,
        evidence=evidence.amount(merges, len(items)),
        note=telling.note(len(known.of.model), merges, len(items), question.domain, board),
        candidates=len(known.of.model),
        left_out=[
            schemas.LeftOut(reason=reason, count=count)
            for reason, count in left_out.items()
            if count
        ],
        weights=dict(zip(names, known.shares.tolist(), strict=True)),
        method=codes.method[known.method[0]] if known.method else None,
        items=items,
    )


def _known(board: Board, base: int, domain: str | None) -> Known:
    shares = weights(board, domain) if board.columns else np.zeros(0)
    of = candidates(board, base)
    values = shrunk(of.values, of.errors)
    similar = evidence.similar(board, base)
    some = strongest(values, shares)
    best = evidence.best_method(similar)
    licences = board.facts.models.from_lineage("licence")
    return Known(board, base, of, some, values, shares, similar, best, licences)


def _groups(known: Known, question: Question) -> list[Group]:
    parents = known.board.facts.models.parents
    models = known.of.model[known.some]
    families = [ancestors(parents, model) for model in models.tolist()]
    return groups(
        known.values[known.some],
        known.of.errors[known.some],
        known.shares,
        question.size,
        apart(families, models),
        question.limit * SPARE,
    )


def _agreeing(known: Known, found: list[Group], limit: int) -> tuple[list[Group], int]:
    """The first groups whose licences do not exclude each other, and how many were refused."""
    kept: list[Group] = []
    refused = 0
    for group in found:
        if agreement(_licences(known, group)).verdict == "conflict":
            refused += 1
        elif len(kept) < limit:
            kept.append(group)
    return kept, refused


def _licences(known: Known, group: Group) -> list[str]:
    """The licences of the ingredients and of the base."""
    licences, codes = known.licences, known.board.facts.codes
    members = [known.base, *_members(known, group)]
    return [codes.licence[int(licences[model])] for model in members]


def _members(known: Known, group: Group) -> list[int]:
    return [int(known.of.model[known.some[at]]) for at in group.members]


def _told(known: Known, group: Group, every: Cell | None) -> schemas.Recommendation:
    ingredients = [
        _ingredient(known, int(known.some[at]), leads)
        for at, leads in zip(group.members, group.leads, strict=True)
    ]
    agreed = agreement(_licences(known, group))
    similar = _similar(known, every)
    return schemas.Recommendation(
        ingredients=ingredients,
        potential=group.potential,
        best_single=group.potential - group.complement,
        complement=group.complement,
        complement_error=number(group.error),
        why=telling.why(group, ingredients, similar),
        shared_base=known.board.facts.name(known.base),
        licence=schemas.LicenceAgreement(verdict=agreed.verdict, reasons=agreed.reasons),
        similar=similar,
        kin=telling.kin(known.board, known.similar, _members(known, group)),
    )


def _ingredient(known: Known, at: int, leads: tuple[int, ...]) -> schemas.RecommendedModel:
    board, model, row = known.board, int(known.of.model[at]), int(known.of.row[at])
    facts = board.facts
    names = [each.column.benchmark for each in board.columns]
    return schemas.RecommendedModel(
        model=facts.name(model),
        precision=facts.codes.precision[int(facts.variants.precision[board.variants[row]])],
        licence=facts.codes.licence[int(known.licences[model])] or None,
        score=float(known.values[at] @ known.shares),
        scores=telling.scores(board, row),
        leads=[names[column] for column in leads],
    )


def _similar(known: Known, every: Cell | None) -> schemas.SimilarMerges | None:
    cell, method = every, None
    if known.method is not None:
        cell, method = known.method[1], known.board.facts.codes.method[known.method[0]]
    if cell is None:
        return None
    ends = {"low": number(cell.low), "high": number(cell.high)}
    return schemas.SimilarMerges(method=method, **asdict(cell) | ends)
