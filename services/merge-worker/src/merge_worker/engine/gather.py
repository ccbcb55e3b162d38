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
    count_from,
    count_upper,
    find_last,
    magnitudes,
    products,
    selected_squares,
)
from .loop import derived
from .method import Along, Block, Cut, Merge, Operands, Prepared

__all__ = ["Selection", "derived", "gram", "joined", "largest", "norms", "squares"]

_ZERO = np.float32(0)
SAMPLED = 1 << 20
"""Elements of a tensor from which on a sample comes first."""
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
    sorting, no copy. In a large tensor a sample stands for the first pass; where it guessed wrong,
    that is noticed. Equals are the rule in bf16; a last pass finds the last that is kept, lowest
    flat index first. Of zeros it does not matter which are kept.
    """
    if callable(keep):
        counts = _upper_counts(operands)
        wanted = np.array(keep(operands.size - counts[:, 0, 0]), np.int64)
        threshold, remaining = _threshold(operands, counts, wanted)
    else:
        wanted = np.array(keep, np.int64)
        if (wanted >= operands.size).all():
            return Selection(np.zeros_like(wanted, np.float32), _everywhere(wanted))
        near = _near_guess(operands, wanted) if operands.size >= SAMPLED else None
        threshold, remaining = near or _threshold(operands, _upper_counts(operands), wanted)
    last = _everywhere(wanted)
    if remaining.any():
        _find_last(operands, threshold, remaining, last)
    return Selection(threshold.view(np.float32), last)


def _everywhere(like: Counts) -> NDArray[np.uint64]:
    return np.full(like.shape, EVERYWHERE, np.uint64)


Threshold = tuple[Bits, Counts]
"""The bits of the keep-th largest magnitude, and how many of its equals are kept; 0 if all are."""


def _threshold(operands: Operands, counts: Counts, keep: Counts) -> Threshold:
    """From the counts of the upper bins and a pass over the lower bits in one of them."""
    upper, rank = _cut(counts, keep)
    lowest = _first_of(upper)
    if not upper.any():
        return lowest, np.zeros_like(keep)
    counts, _ = _counts_from(operands, lowest, LOWER)
    bits, remaining = _settled(counts, lowest, np.where(upper > 0, rank, 0))
    return np.where(upper > 0, bits, 0).astype(np.uint32), np.where(upper > 0, remaining, 0)


def _near_guess(operands: Operands, keep: Counts) -> Threshold | None:
    """In one pass over the numbers in three upper bins, where a sample says that it lies.

    None if it does not lie there, for any of the cuts.
    """
    sample = _upper_counts(operands, operands.sample())
    taken = sample.sum(axis=-1)
    upper, _ = _cut(sample, np.clip(keep * taken // operands.size, 1, taken))
    if (upper < 2).any():
        return None
    lowest = _first_of(upper - 1)
    counts, above = _counts_from(operands, lowest, 3 * LOWER)
    if ((above >= keep) | (above + counts.sum(axis=-1) < keep)).any():
        return None
    return _settled(counts, lowest, keep - above)


def _first_of(upper: Counts) -> Bits:
    """The first number in an upper bin."""
    return np.where(upper > 0, (upper - 1) * LOWER + 1, 0).astype(np.uint32)


def _settled(counts: Counts, lowest: Bits, rank: Counts) -> Threshold:
    lower, left = _cut(counts, rank)
    equal = np.take_along_axis(counts, lower[..., None], 2)[..., 0]
    return (lowest + lower).astype(np.uint32), np.where(left < equal, left, 0)


def _cut(counts: Counts, keep: Counts) -> tuple[Counts, Counts]:
    """The bin of the keep-th largest, and its rank there (models x cuts)."""
    from_above = np.cumsum(counts[..., ::-1], axis=-1)
    above = (from_above < keep[..., None]).sum(axis=-1)
    before = np.concatenate([np.zeros_like(from_above[..., :1]), from_above], axis=-1)
    rank = keep - np.take_along_axis(before, above[..., None], -1)[..., 0]
    return counts.shape[-1] - 1 - above, rank


def _upper_counts(operands: Operands, cuts: Sequence[Cut] | None = None) -> Counts:
    """How many magnitudes lie in each upper bin (models x 1 x UPPER)."""

    def add(block: Block, counts: Counts) -> None:
        scratch = np.empty((2, TILE), np.float32)
        count_upper(block.raw, block.codes, block.size, operands.has_base, scratch, counts)

    shape = (operands.count, UPPER, COUNTERS)
    counts: Counts = _added(operands.tally(lambda: np.zeros(shape, np.int64), add, cuts))
    summed: Counts = counts.sum(axis=2)[:, None]
    return summed


def _counts_from(operands: Operands, lowest: Bits, span: int) -> tuple[Counts, Counts]:
    """How often each of the `span` numbers from `lowest` on occurs (models x cuts x span).

    And how many magnitudes lie above them (models x cuts).
    """
    shape = (*lowest.shape, span + ELSEWHERE)

    def start() -> tuple[Counts, Counts]:
        return np.zeros(shape, np.int64), np.zeros(lowest.shape, np.int64)

    def add(block: Block, found: tuple[Counts, Counts]) -> None:
        scratch, base = np.empty((3, TILE), np.float32), operands.has_base
        count_from(block.raw, block.codes, block.size, base, scratch, lowest, *found)

    counts, above = zip(*operands.tally(start, add), strict=True)
    numbers: Counts = _added(counts)[..., :span]
    return numbers, _added(above)


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
