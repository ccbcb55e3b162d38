"""The compiled loop that fills a block of an output tensor by a method's formula."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from .codecs import decode, encode
from .compilable import Function, compilable
from .compiled import compiled, once
from .formula import Formula

TILE: Final = 2048
"""Elements decoded at a time: a row of them takes 8 KiB, so that several stay in the L1 cache."""

_ZERO = np.float32(0)


@compilable
def _no_facts(facts: Any, i: int) -> Any:
    return ()


@compilable
def _one_fact(facts: Any, i: int) -> Any:
    return (facts[0][i],)


@compilable
def _two_facts(facts: Any, i: int) -> Any:
    return facts[0][i], facts[1][i]


@compilable
def _three_facts(facts: Any, i: int) -> Any:
    return facts[0][i], facts[1][i], facts[2][i]


@compilable
def _four_facts(facts: Any, i: int) -> Any:
    return facts[0][i], facts[1][i], facts[2][i], facts[3][i]


FACTS_OF: Final = (_no_facts, _one_fact, _two_facts, _three_facts, _four_facts)
"""By number of facts: those of model i, from one array per fact."""


@compilable
def _no_vote(value: Any, weight: Any) -> Any:
    return _ZERO


@once
def fill_kernel(formula: Formula, has_base: bool, facts: int) -> Function:
    """The loop for a formula, with or without a base in row 0, and so many facts per model."""
    return compiled(fill_loop(formula, has_base, facts), *formula.functions, FACTS_OF[facts])


def fill_loop(formula: Formula, has_base: bool, facts: int) -> Function:
    """The loop before compilation.

    Its arguments: `raw`, `codes`, `first` and `size` as in `method.Block`; `weights` (float32 per
    model); `facts` (a tuple of arrays, one item per model); `merge_facts` (a tuple of scalars);
    `out` (uint8) and `out_code`, the element type to write.
    """
    value, share, result = formula.value, formula.share, formula.result
    votes = formula.vote is not None
    vote = formula.vote or _no_vote
    facts_of = FACTS_OF[facts]
    skip = 1 if has_base else 0

    def fill(
        raw: Any,
        codes: Any,
        first: int,
        size: int,
        weights: Any,
        facts: Any,
        merge_facts: Any,
        out: Any,
        out_code: int,
    ) -> None:
        models = len(weights)
        base = np.zeros(TILE, np.float32)
        rows = np.empty((models, TILE), np.float32)
        cast = np.zeros(TILE, np.float32)
        part = np.empty(TILE, np.float32)
        mass = np.empty(TILE, np.float32)
        for start in range(0, size, TILE):
            stop = min(start + TILE, size)
            at = np.uint64(first + start)
            if has_base:
                decode(raw[0], codes[0], start, stop, base)
            for i in range(models):
                row = rows[i]
                own = facts_of(facts, i)
                decode(raw[i + skip], codes[i + skip], start, stop, row)
                for j in range(stop - start):
                    row[j] = value(row[j], base[j], at + np.uint64(j), *own)
            if votes:
                cast[:] = _ZERO
                for i in range(models):
                    row, weight = rows[i], weights[i]
                    for j in range(stop - start):
                        cast[j] += vote(row[j], weight)
            part[:] = _ZERO
            mass[:] = _ZERO
            for i in range(models):
                row, weight = rows[i], weights[i]
                for j in range(stop - start):
                    p, m = share(row[j], weight, cast[j])
                    part[j] += p
                    mass[j] += m
            for j in range(stop - start):
                part[j] = result(part[j], mass[j], base[j], *merge_facts)
            encode(part, out_code, out, start, stop)

    return fill
