"""Facts about whole tensors: the largest magnitudes, scalar products, norms.

All are exact or summed in float64 in a fixed order, whatever the size of the blocks and the number
of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .compilable import compilable
from .fill_kernel import TILE
from .formula import Formula, total
from .gather_kernels import (
    COUNTERS,
    ELSEWHERE,
    LANES,
    LOWER,
    REDUCTION,
    UPPER,
    column_products,
    count_equal,
    count_lower,
    count_upper,
    find_last,
    magnitudes,
    products,
    selected_squares,
)
from .loop import derived
from .method import Along, Block, Merge, Operands, Prepared

__all__ = ["Selection", "derived", "gram", "joined", "largest", "norms", "squares"]

_ZERO = np.float32(0)
EVERYWHERE = np.iinfo(np.uint64).max
Counts = NDArray[np.int64]
Bits = NDArray[np.uint32]
Keep = ArrayLike | Callable[[Counts], ArrayLike]


@dataclass(frozen=True)
class Selection:
    """Which elements are the largest of each model; both arrays are models x cuts.

    Those with a magnitude above `threshold` (float32), and of those equal to it the ones up to
    flat index `last` (uint64). A NaN counts as larger than infinity.
    """

    threshold: NDArray[np.float32]
    last: NDArray[np.uint64]


def largest(operands: Operands, keep: Keep) -> Selection:
    """Where the `keep` largest magnitudes end, exactly that many; `keep` is models x cuts, ≥ 1.

    A function says how many from the number of magnitudes of each model that are not 0.

    The bits of a non-negative float32 grow with its value, so magnitudes are counted by their
    upper bits in a first pass and, near the threshold, by their lower bits in a second: no
    sorting, no copy. Equals are the rule in bf16; a third pass finds the last that is kept,
    lowest flat index first. Of zeros it does not matter which are kept.
    """
    if not callable(keep) and (np.array(keep) >= operands.size).all():
        shape = np.shape(keep)
        return Selection(np.zeros(shape, np.float32), np.full(shape, EVERYWHERE, np.uint64))
    counts = _upper_counts(operands)
    wanted = keep(operands.size - counts[:, 0, 0]) if callable(keep) else keep
    threshold, remaining = _threshold(operands, counts, np.array(wanted, np.int64))
    last = np.full(threshold.shape, EVERYWHERE, np.uint64)
    if remaining.any():
        _find_last(operands, threshold, remaining, last)
    return Selection(threshold.view(np.float32), last)


def _threshold(operands: Operands, counts: Counts, keep: Counts) -> tuple[Bits, Counts]:
    """The bits of the keep-th largest magnitude, and how many of its equals are kept.

    The second is 0 if all are. `counts` are those of the upper bins.
    """
    upper, rank = _cut(counts, keep)
    lowest = np.where(upper > 0, (upper - 1) * LOWER + 1, 0).astype(np.uint32)
    if not upper.any():
        return lowest, np.zeros_like(keep)
    counts = _lower_counts(operands, lowest)
    lower, rank = _cut(counts[..., :LOWER], np.where(upper > 0, rank, 0))
    equal = np.take_along_axis(counts, lower[..., None], 2)[..., 0]
    bits = np.where(upper > 0, lowest + lower, 0).astype(np.uint32)
    return bits, np.where((upper > 0) & (rank < equal), rank, 0)


def _cut(counts: Counts, keep: Counts) -> tuple[Counts, Counts]:
    """The bin of the keep-th largest, and its rank there (models x cuts)."""
    from_above = np.cumsum(counts[..., ::-1], axis=-1)
    above = (from_above < keep[..., None]).sum(axis=-1)
    before = np.concatenate([np.zeros_like(from_above[..., :1]), from_above], axis=-1)
    rank = keep - np.take_along_axis(before, above[..., None], -1)[..., 0]
    return counts.shape[-1] - 1 - above, rank


def _upper_counts(operands: Operands) -> Counts:
    """How many magnitudes lie in each upper bin (models x 1 x UPPER)."""

    def add(block: Block, counts: Counts) -> None:
        scratch = np.empty((2, TILE), np.float32)
        count_upper(block.raw, block.codes, block.size, operands.has_base, scratch, counts)

    tallies = operands.tally(lambda: np.zeros((operands.count, UPPER, COUNTERS), np.int64), add)
    counts: Counts = _added(tallies).sum(axis=2)[:, None]
    return counts


def _lower_counts(operands: Operands, lowest: Bits) -> Counts:
    """How often each number of the bins that begin at `lowest` occurs (models x cuts x LOWER)."""

    def add(block: Block, counts: Counts) -> None:
        scratch = np.empty((3, TILE), np.float32)
        count_lower(block.raw, block.codes, block.size, operands.has_base, scratch, lowest, counts)

    shape = (*lowest.shape, LOWER + ELSEWHERE)
    tallies = operands.tally(lambda: np.zeros(shape, np.int64), add)
    return _added(tallies)


def _added(tallies: Sequence[Counts]) -> Counts:
    total = tallies[0]
    for each in tallies[1:]:
        total += each
    return total


def _find_last(
    operands: Operands, threshold: Bits, remaining: Counts, last: NDArray[np.uint64]
) -> None:
    """Set `last` where not all equals of the threshold are kept: count per block, look in one."""

    def count(block: Block) -> tuple[tuple[int, int], Counts]:
        scratch, counts = np.empty((2, TILE), np.float32), np.zeros_like(remaining)
        base = operands.has_base
        count_equal(block.raw, block.codes, block.size, base, scratch, threshold, counts)
        return (block.first, block.size), counts

    found = operands.sweep(count)
    scratch = np.empty((2, TILE), np.float32)
    for cut, equal in found:
        here = (remaining > 0) & (remaining <= equal)
        if here.any():
            block, left = operands.read(cut), np.where(here, remaining, 0)
            base = operands.has_base
            find_last(block.raw, block.codes, *cut, base, scratch, threshold, left, last)
        remaining = np.where(here, 0, np.maximum(remaining - equal, 0))


def gram(operands: Operands, along: Along | None = None) -> NDArray[np.float64]:
    """All scalar products of the models' tensors, or of their task vectors where there is a base.

    Returns:
        A symmetric matrix (models x models), or one for each row or column of the tensor.
    """
    if along == "column":
        upper = _column_gram(operands)
    else:
        upper = _row_gram(operands) if along == "row" else _whole_gram(operands)
    return upper + np.triu(upper, 1).swapaxes(-1, -2)


def _whole_gram(operands: Operands) -> NDArray[np.float64]:
    return joined(operands.sweep(lambda block: _products(operands, block, REDUCTION)))


def _row_gram(operands: Operands) -> NDArray[np.float64]:
    columns = operands.shape[1]
    rows = operands.sweep(lambda block: _products(operands, block, columns), whole_rows=True)
    return np.concatenate(rows)


def _products(operands: Operands, block: Block, stretch: int) -> NDArray[np.float64]:
    models = operands.count
    out = np.zeros((-(-block.size // stretch), models, models))
    scratch = np.empty((models + 1, TILE), np.float32)
    base = operands.has_base
    products(block.raw, block.codes, block.size, base, stretch, scratch, np.empty(LANES), out)
    return out


def _column_gram(operands: Operands) -> NDArray[np.float64]:
    models, columns = operands.count, operands.shape[1]
    out = np.zeros((models, models, columns))
    scratch = np.empty((models + 1, TILE), np.float32)
    for block in operands.blocks(whole_rows=True):
        base = operands.has_base
        column_products(block.raw, block.codes, block.size, columns, base, scratch, out)
    return np.ascontiguousarray(np.moveaxis(out, 2, 0))


def norms(merge: Merge, formula: Formula, facts: tuple[NDArray[Any], ...]) -> NDArray[np.float64]:
    """The L1, L2 and maximum norm of what `formula.value` makes of each model (models x 3)."""
    alone = replace(formula, vote=None, share=_picked, sums=2, result=total)
    each = np.eye(merge.count)
    return np.array([_norms(derived(merge, Prepared(alone, one, facts))) for one in each])


@compilable
def _picked(value: Any, weight: Any, vote: Any) -> Any:
    """The value of the model whose weight is 1; nothing of the others, whose weight is 0."""
    return (value if weight > _ZERO else _ZERO), weight


def _norms(operands: Operands) -> NDArray[np.float64]:
    def partials(block: Block) -> NDArray[np.float64]:
        out = np.zeros((-(-block.size // REDUCTION), 3))
        scratch, lanes = np.empty((1, TILE), np.float32), np.empty(LANES)
        magnitudes(block.raw, block.codes, block.size, scratch, lanes, out)
        return out

    found = operands.sweep(partials)
    l1, squares, _ = joined(found)
    return np.array([l1, math.sqrt(squares), max(each[:, 2].max() for each in found)])


def joined(partials: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Exactly rounded sums over the first axis of all partials together."""
    together = np.concatenate(partials)
    flat: list[Any] = [_exact_sum(column) for column in together.reshape(len(together), -1).T]
    return np.array(flat).reshape(together.shape[1:])


def _exact_sum(numbers: NDArray[np.float64]) -> float:
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum beyond float64
        return float("nan")


def squares(
    operands: Operands, scores: Operands, least: np.float32, last: np.uint64
) -> NDArray[np.float64]:
    """Σ x² of each model over the elements whose score is selected (see `Selection`)."""

    def partials(block: Block) -> NDArray[np.float64]:
        score = scores.read((block.first, block.size)).raw[0].view(np.float32)
        out = np.zeros((-(-block.size // REDUCTION), operands.count))
        scratch, lanes = np.empty((2, TILE), np.float32), np.empty(LANES)
        place = (block.first, block.size, operands.has_base)
        selected_squares(block.raw, block.codes, *place, score, least, last, scratch, lanes, out)
        return out

    return joined(operands.sweep(partials))
