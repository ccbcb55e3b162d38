"""Which models of a board may be ingredients of a merge on a base, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leaderboard.boards.choosing import definition_of
from leaderboard.boards.standing import Board
from leaderboard.memory.arrays import Flags, Numbers, Values
from leaderboard.memory.columns import ModelColumns
from leaderboard.memory.facts import Facts
from leaderboard.memory.parents import Parents
from leaderboard.uplift.tables.gains import Sides, Standing
from mergehub.contracts.licences.terms import forbids

SIZES_APART = 0.05
"""Models whose numbers of parameters differ by more than this share have other shapes."""
DOMAIN_SHARE = 2 / 3
"""How much the benchmarks of the domain that is asked for count, together, beside all others."""
MOST = 300
BEST_OF_EACH = 20
NO_INGREDIENTS = ("adapter", "quantized")
"""Kinds of models that have no weights of their own in full."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Models that may be merged on a base, with all scores of the board.

    - `row`: the row of each on the board; `values`, `errors`: models × columns.
    - `left_out`: how many models on the base were not taken, by the reason.
    """

    model: Numbers
    row: Numbers
    values: Values
    errors: Values
    left_out: Mapping[str, int]


def candidates(board: Board, base: int) -> Candidates:
    """The models that come from a base, or are it, and can be merged with each other."""
    facts, models = board.facts, board.facts.models
    related = models.parents.descendants(base)
    related[base] = True
    left_out = {}
    for reason, out in _reasons(facts, base):
        left_out[reason] = int(np.count_nonzero(related & out))
        related &= ~out
    model, row = _measured(board, np.flatnonzero(related).astype(np.int32))
    left_out["not measured on the whole board"] = int(np.count_nonzero(related)) - len(model)
    values = np.empty((len(row), len(board.columns)))
    errors = np.empty_like(values)
    for column, (scores, at) in enumerate(zip(board.scores, board.at, strict=True)):
        if len(row):  # a column without scores leaves no row
            values[:, column], errors[:, column] = scores.value[at[row]], scores.error[at[row]]
    return Candidates(model, row, values, errors, left_out)


def _measured(board: Board, models: Numbers) -> tuple[Numbers, Numbers]:
    """Those that have a mean, and their rows."""
    rows = np.flatnonzero(~np.isnan(board.mean)).astype(np.int32)
    standing = Standing(board.variants[rows], board.mean[rows], board.error[rows])
    at = Sides(standing, board.facts.variants, board.facts.codes).main(models)
    return models[at >= 0], rows[at[at >= 0]]


def _reasons(facts: Facts, base: int) -> list[tuple[str, Flags]]:
    """Why a model is no ingredient, and which models that holds for."""
    models, codes = facts.models, facts.codes
    kinds = [codes.kind.find(kind) for kind in NO_INGREDIENTS]
    licences = np.array([forbids(text) for text in codes.licence], np.bool_)
    return [
        ("adapter or quantized", np.isin(models.kind, [each for each in kinds if each])),
        ("flagged, or an ancestor is", _inherited(models.parents, models.flags > 0)),
        ("licence allows no derived models", licences[models.from_lineage("licence")]),
        ("another architecture", _another_architecture(models, base)),
        ("another size", _another_size(models, base)),
    ]


def _inherited(parents: Parents, marked: Flags) -> Flags:
    """The marked models, and all that come from one."""
    reached, fresh = marked.copy(), marked
    while fresh.any():
        below = np.zeros_like(reached)
        below[parents.child[fresh[parents.model]]] = True
        fresh = below & ~reached
        reached |= fresh
    return reached


def _another_architecture(models: ModelColumns, base: int) -> Flags:
    own = models.architecture[base]
    other: Flags = (models.architecture != own) & (models.architecture > 0) & (own > 0)
    return other


def _another_size(models: ModelColumns, base: int) -> Flags:
    with np.errstate(invalid="ignore"):  # what is unknown is no other size
        sizes = models.from_lineage("parameters")
        ratio = sizes / sizes[base]
        other: Flags = np.abs(ratio - 1) > SIZES_APART
    return other


def weights(board: Board, domain: str | None) -> Values:
    """How much each column counts: they add up to 1; those of the domain have DOMAIN_SHARE."""
    own = np.array([each.column.weight for each in board.columns])
    inside = np.array([domain in domains_of(each.column.benchmark) for each in board.columns])
    shares: Values
    if not inside.any() or inside.all():
        shares = own / own.sum()
        return shares
    within, outside = own * inside, own * ~inside
    shares = DOMAIN_SHARE * within / within.sum() + (1 - DOMAIN_SHARE) * outside / outside.sum()
    return shares


def domains_of(benchmark: str) -> Sequence[str]:
    """The domains of a benchmark; none of one that people made."""
    known = definition_of(benchmark)
    return known.domains if known else ()


def strongest(values: Values, shares: Values) -> Numbers:
    """The rows that are worth pairing: the best by the weighted sum, and those of each column."""
    best = np.argsort(-(values @ shares), kind="stable")[:MOST]
    columns = [np.argsort(-column, kind="stable")[:BEST_OF_EACH] for column in values.T]
    return np.unique(np.concatenate([best, *columns])).astype(np.int32)


def ancestors(parents: Parents, model: int) -> frozenset[int]:
    """All that a model comes from."""
    found: set[int] = set()
    ahead = {model}
    while ahead:
        above = {each for one in ahead for each in parents.model[parents.of(one)].tolist()}
        ahead = above - found
        found |= ahead
    return frozenset(found)
