"""Recommendations in words and numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from leaderboard.boards.choosing import definition_of
from leaderboard.boards.standing import Board
from leaderboard.recommendations import evidence, schemas
from leaderboard.recommendations.candidates import domains_of
from leaderboard.recommendations.complement import Group
from leaderboard.statistics.families import verdict
from leaderboard.statistics.intervals import ALPHA, normal
from leaderboard.uplift.answers import told
from leaderboard.uplift.several.sides import Side
from leaderboard.uplift.tables.table import UNKNOWN, BoardGains


def note(models: int, merges: int, shown: int, domain: str | None, board: Board) -> str:
    """What the evidence is worth, as sentences."""
    found = []
    if domain and not any(domain in domains_of(each.column.benchmark) for each in board.columns):
        found.append(f"The board has no benchmark of {domain}, so all count the same.")
    if not shown:
        few = models < 2
        found.append(
            f"Only {models} models on this base are measured on the whole board."
            if few
            else "No models on this base are better than each other in different benchmarks."
        )
    elif not merges:
        found.append("No merge on this base is measured together with its ingredients.")
    elif merges < evidence.SOME:
        found.append(f"Only {merges} merges on this base are measured with their ingredients.")
    else:
        found.append(f"{merges} merges on this base are measured with their ingredients.")
    if shown:
        found.append("A merge seldom reaches its potential: evaluate it before you rely on it.")
    return " ".join(found)


def why(
    group: Group,
    ingredients: Sequence[schemas.RecommendedModel],
    similar: schemas.SimilarMerges | None,
) -> list[str]:
    """Why these models, as sentences."""
    sentences = [
        f"{each.model} is the best of them in {_listed([_title(name) for name in each.leads])}."
        for each in ingredients
    ]
    single = group.potential - group.complement
    sentences.append(
        f"The best on each benchmark together have {group.potential:.1f} points; the best model "
        f"alone has {single:.1f}."
    )
    if similar is not None:
        by = f" by {similar.method}" if similar.method else ""
        sentences.append(
            f"{similar.merges} merges{by} on this base gained {similar.mean:+.2f} points over "
            f"their best ingredient on average; {similar.better} clearly gained and "
            f"{similar.worse} clearly lost."
        )
    return sentences


def _title(benchmark: str) -> str:
    known = definition_of(benchmark)
    return known.title if known else benchmark


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def scores(board: Board, row: int) -> list[schemas.IngredientScore]:
    """The scores of a row that has all columns."""
    sides = [Side(column, int(at[row])) for column, at in zip(board.scores, board.at, strict=True)]
    return [
        schemas.IngredientScore(
            benchmark=each.column.benchmark,
            result=side.result,
            **told(side.points(ALPHA)).model_dump(),
        )
        for each, side in zip(board.columns, sides, strict=True)
    ]


def kin(board: Board, found: BoardGains, members: Collection[int]) -> list[schemas.KinMerge]:
    """Merges that have one of these models as an ingredient, and what they gained."""
    facts, parents = board.facts, board.facts.models.parents
    shown = []
    for at in evidence.kin(board, found, members):
        model = int(found.gained.model[at])
        gain = normal(float(found.gained.value[at]), float(found.gained.error[at]))
        used = set(parents.model[parents.of(model)].tolist())
        shown.append(
            schemas.KinMerge(
                model=facts.name(model),
                method=facts.codes.method[int(found.method[at])] or UNKNOWN,
                ingredients=sorted(facts.name(each) for each in used),
                gain=told(gain),
                verdict=verdict(gain),
            )
        )
    return shown
