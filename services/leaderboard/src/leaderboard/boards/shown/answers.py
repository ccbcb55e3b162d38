"""Rows of a board as an answer has them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from leaderboard.boards.choosing import definition_of
from leaderboard.boards.shown.cells import DIGITS, cells, means, numbers
from leaderboard.boards.standing import Board, Ranks
from leaderboard.memory.arrays import Numbers
from mergehub.columns.codes import members_of

EPOCH = date(1970, 1, 1)
MOST_ROOTS = 20
TEXTS = ("method", "family", "licence")
OF_MODELS = (*TEXTS, "known", "merged", "parameters", "domains", "flags", "made_on")

Row = dict[str, Any]


def columns(board: Board) -> list[Row]:
    """The columns, with the conditions that their scores share."""
    return [
        {
            "benchmark": each.column.benchmark,
            "title": known.title if known else each.column.benchmark,
            "version": each.shown["version"],
            "subtask": None,
            "metric": each.shown["metric"],
            "shots": each.shown["shots"],
            "chat_template": each.shown["chat_template"],
            "weight": each.column.weight,
            "baseline": round(scores.scale.guess, DIGITS),
            "domains": list(known.domains) if known else [],
            "models": len(scores),
        }
        for each, scores in zip(board.columns, board.scores, strict=True)
        for known in [definition_of(each.column.benchmark)]
    ]


def rows(board: Board, some: Numbers, ranks: Ranks | None) -> list[Row]:
    """What an answer says of some rows."""
    if not len(some):
        return []
    found = cells(board, some)
    names = [each.column.benchmark for each in board.columns]
    parts = zip(
        _models(board, some),
        _ranks(board, some, ranks),
        means(board, found, some),
        numbers(board.uplift[some]),
        found.by_row(),
        strict=True,
    )
    return [
        {
            "rank": rank,
            **model,
            "mean": mean,
            "uplift": lift,
            "scores": own,
            "missing": [name for name in names if name not in own],
        }
        for model, rank, mean, lift, own in parts
    ]


def _ranks(board: Board, some: Numbers, ranks: Ranks | None) -> list[Row | None]:
    """Places, with the ends of their intervals as far as they are computed."""
    places, variants = board.places[some], board.variants[some]
    best, worst = np.zeros(len(some), np.int32), np.zeros(len(some), np.int32)
    if ranks is not None:
        known = variants < len(ranks.best)
        best[known], worst[known] = ranks.best[variants[known]], ranks.worst[variants[known]]
    return [
        {"place": place, "best": low or None, "worst": high or None} if place else None
        for place, low, high in zip(places.tolist(), best.tolist(), worst.tolist(), strict=True)
    ]


def _models(board: Board, some: Numbers) -> list[Row]:
    """What is known of the model of each row."""
    facts, models, codes = board.facts, board.facts.models, board.facts.codes
    rows = board.models[some]
    own = {name: getattr(models, name)[rows].tolist() for name in OF_MODELS}
    texts = {name: [getattr(codes, name)[code] or None for code in own[name]] for name in TEXTS}
    told = []
    for place, (model, variant, precision) in enumerate(
        zip(
            rows.tolist(),
            board.variants[some].tolist(),
            board.precision[some].tolist(),
            strict=True,
        )
    ):
        parameters, day = own["parameters"][place], own["made_on"][place]
        told.append(
            {
                "model": models.names[model],
                "revision": facts.variants.revisions[variant] or None,
                "precision": codes.precision[precision] or None,
                "merged": own["merged"][place] if own["known"][place] else None,
                "method": texts["method"][place],
                "base": bases(board, model),
                "family": texts["family"][place],
                "parameters": int(parameters) if parameters == parameters else None,
                "licence": texts["licence"][place],
                "domains": members_of(codes.domains[own["domains"][place]]),
                "flags": members_of(codes.flags[own["flags"][place]]),
                "claimed": models.claims(model),
                "made_on": (EPOCH + timedelta(day)).isoformat() if day >= 0 else None,
            }
        )
    return told


def bases(board: Board, model: int) -> list[str]:
    """The ancestors without parents of a model, by name; none of a model without parents."""
    starts, roots = board.facts.models.parents.roots
    own = roots[starts[model] : starts[model + 1]][:MOST_ROOTS]
    return sorted(board.facts.name(int(root)) for root in own if root != model)
