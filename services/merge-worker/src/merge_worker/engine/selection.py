"""Which elements of a tensor are the largest: exact bounds, found by counting.

The same whatever the size of the blocks and the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .fill_kernel import TILE
from .method import Block, Cut, Operands
from .selection_kernels import (
    COUNTERS,
    ELSEWHERE,
    LOWER,
    UPPER,
    count_equal,
    count_from,
    count_upper,
    find_last,
)

SAMPLED: Final = 1 << 20
"""Elements of a tensor from which on a sample comes first."""
EVERYWHERE: Final = np.iinfo(np.uint64).max
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
