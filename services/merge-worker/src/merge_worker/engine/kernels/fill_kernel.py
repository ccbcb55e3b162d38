"""The compiled loop that fills a block of an output tensor by a method's formula."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from merge_worker.engine.machine.compilable import Function, compilable
from merge_worker.engine.machine.compiled import compiled, once

from .codecs import INFINITY_BITS, MAGNITUDE, decode, encode, end_of
from .formula import Along, Formula
from .randomness import draw_tile

TILE: Final = 2048
"""How many elements are decoded at a time: a row takes 8 KiB, so that several fit the L1 cache."""
SCRATCH: Final = 6
"""Rows of scratch besides one for each model: base, votes, draws and up to three sums."""
WIDTH: Final = TILE + 16
"""Floats in a row of scratch: a tile, and the draws that its ends share with other tiles. A row is
a multiple of 64 bytes, so that all rows of aligned scratch are aligned."""

MADE: Final = 3
"""How many counts of the written values follow the operands' counts, in this order."""
INFINITE: Final = -3
NOT_NUMBERS: Final = -2
OVERFLOWED: Final = -1

_ZERO = np.float32(0)
_NONE, _ONE = np.int32(0), np.int32(1)
_INFINITY = np.float32(np.inf)
_NAN = np.float32(np.nan)


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


@compilable
def _five_facts(facts: Any, i: int) -> Any:
    return facts[0][i], facts[1][i], facts[2][i], facts[3][i], facts[4][i]


FACTS_OF: Final = (_no_facts, _one_fact, _two_facts, _three_facts, _four_facts, _five_facts)
"""By the number of facts: a function that takes model i's facts from one array per fact."""


@compilable
def _no_vote(value: Any, weight: Any) -> Any:
    return _ZERO


@compilable
def _add_two(a: Any, b: Any, c: Any, j: int, share: Any) -> None:
    a[j] += share[0]
    b[j] += share[1]


@compilable
def _add_three(a: Any, b: Any, c: Any, j: int, share: Any) -> None:
    a[j] += share[0]
    b[j] += share[1]
    c[j] += share[2]


@compilable
def _two_sums(a: Any, b: Any, c: Any, j: int) -> Any:
    return a[j], b[j]


@compilable
def _three_sums(a: Any, b: Any, c: Any, j: int) -> Any:
    return a[j], b[j], c[j]


@compilable
def one_nan(value: Any) -> Any:
    """The value, or a fixed NaN if it is not a number: CPUs and GPUs make different NaNs."""
    return value if value == value else _NAN


@compilable
def count_nonfinite(row: Any, size: int) -> Any:
    """How many of the first `size` values are infinite or not a number."""
    count = _NONE
    for j in range(size):
        count += _NONE if abs(row[j]) < _INFINITY else _ONE
    return count


@compilable
def largest(row: Any, size: int) -> Any:
    """The bits of the largest magnitude among the first `size` values; NaN is above infinity."""
    bits = row.view(np.uint32)
    found = np.uint32(0)
    for j in range(size):
        found = max(found, bits[j] & MAGNITUDE)
    return found


@compilable
def count_made(row: Any, size: int, end: Any, counts: Any) -> None:
    """Count the first `size` values that are written as infinite, that are not a number, and that
    became infinite only because the type that is written ends at `end`; add to `counts`."""
    bits = row.view(np.uint32)
    for j in range(size):
        magnitude = bits[j] & MAGNITUDE
        if magnitude > INFINITY_BITS:
            counts[NOT_NUMBERS] += 1
        elif magnitude >= end:
            counts[INFINITE] += 1
            counts[OVERFLOWED] += 1 if magnitude < INFINITY_BITS else 0


@once
def fill_kernel(
    formula: Formula, has_base: bool, along: Along | None, facts: str, merge_facts: str
) -> Function:
    """The compiled loop for a formula; `facts` and `merge_facts` list types as `compiled` does."""
    signature = (
        f"u1[:,:], i8[:], i8, i8, i8, f4[:,:], ({facts}), ({merge_facts}), u8[:], f4[:,:], "
        "f4[:,:], u1[:], i8, i8[:]"
    )
    loop = fill_loop(formula, has_base, along, facts.count("["))
    return compiled(loop, signature)


def fill_loop(formula: Formula, has_base: bool, along: Along | None, facts: int) -> Function:
    """Return the loop before compilation.

    Its arguments: `raw`, `codes`, `first` and `size` as in `method.Block`; `columns` of the
    tensor; `weights` (float32, models x lines, one line if they are the same everywhere); `facts`
    (a tuple of arrays, one item per model); `merge_facts` (a tuple of scalars); `keys` of the
    models' draws (uint64); `ranks` (float32, models x elements of the block); `scratch` (float32,
    models + SCRATCH x WIDTH); `out` (uint8) and `out_code`, the element type to write; and
    `nonfinite` (int64 per operand, then MADE), to which the counts of infinite and NaN elements are
    added.
    """
    value, share, result = formula.value, formula.share, formula.result
    vote = formula.vote or _no_vote
    votes, drawn, ranked = formula.vote is not None, formula.drawn, formula.ranked
    by_row, by_column = along == "row", along == "column"
    facts_of = FACTS_OF[facts]
    three = formula.sums == 3
    add, sums_at = (_add_three, _three_sums) if three else (_add_two, _two_sums)
    skip = 1 if has_base else 0

    def fill(
        raw: Any,
        codes: Any,
        first: int,
        size: int,
        columns: int,
        weights: Any,
        facts: Any,
        merge_facts: Any,
        keys: Any,
        ranks: Any,
        scratch: Any,
        out: Any,
        out_code: int,
        nonfinite: Any,
    ) -> None:
        models = len(weights)
        base, votes_cast, draws = scratch[0], scratch[1], scratch[2]
        a, b, c = scratch[3], scratch[4], scratch[5]
        rows = scratch[SCRATCH:]
        end = end_of(out_code)
        base[:] = _ZERO
        start = 0
        while start < size:
            stop = min(start + TILE, size)
            at = first + start
            column = at % columns
            line = at // columns if by_row else 0
            if by_row or by_column:
                stop = min(stop, start + columns - column)
            count = stop - start
            if has_base:
                decode(raw[0], codes[0], start, stop, base)
                nonfinite[0] += count_nonfinite(base, count)
            a[:] = _ZERO
            b[:] = _ZERO
            if three:
                c[:] = _ZERO
            if votes:
                votes_cast[:] = _ZERO
            for i in range(models):
                row, rank = rows[i], ranks[i, start:stop] if ranked else base
                own = facts_of(facts, i)
                weight, along_row = weights[i, line], weights[i, column:]
                decode(raw[i + skip], codes[i + skip], start, stop, row)
                strange = _NONE
                if drawn:
                    draw_tile(keys[i], at, count, draws)
                draw = draws[at % 4 :]
                for j in range(count):
                    w = along_row[j] if by_column else weight
                    theta = row[j]
                    strange += _NONE if abs(theta) < _INFINITY else _ONE
                    v = value(
                        theta,
                        base[j],
                        np.uint64(at + j),
                        draw[j] if drawn else _ZERO,
                        rank[j] if ranked else _ZERO,
                        *own,
                    )
                    if votes:
                        row[j] = v
                        votes_cast[j] += vote(v, w)
                    else:
                        add(a, b, c, j, share(v, w, _ZERO))
                nonfinite[i + skip] += strange
            if votes:
                for i in range(models):
                    row, weight, along_row = rows[i], weights[i, line], weights[i, column:]
                    for j in range(count):
                        w = along_row[j] if by_column else weight
                        add(a, b, c, j, share(row[j], w, votes_cast[j]))
            for j in range(count):
                made = result(sums_at(a, b, c, j), base[j], np.uint64(at + j), *merge_facts)
                a[j] = one_nan(made)
            encode(a, out_code, out, start, stop)
            if largest(a, count) >= end:
                count_made(a, count, end, nonfinite)
            start = stop

    return fill
