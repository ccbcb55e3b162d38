"""Which elements of a tensor are the largest: exact bounds, found by counting.

The result does not depend on the size of the blocks or the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from merge_worker.engine.kernels.fill_kernel import TILE
from merge_worker.engine.kernels.selection_kernels import (
    COUNTERS,
    ELSEWHERE,
    LOWER,
    UPPER,
    count_equal,
    count_from,
    count_upper,
    find_cut,
    find_last,
)
from merge_worker.engine.method import Block, Cut, Operands

SAMPLED: Final = 1 << 20
"""From this many elements on, a sample of the tensor is counted first."""
MARGIN: Final = 4
"""How many standard deviations a threshold's rank in a sample may be off to either side."""
WINDOW: Final = 8
"""The most upper bins whose numbers are counted at once: 512 KiB for each cut."""
EVERYWHERE: Final = np.iinfo(np.uint64).max
Counts = NDArray[np.int64]
Bits = NDArray[np.uint32]
Keep = ArrayLike | Callable[[Counts], ArrayLike]
Wanted = Callable[[Counts], Counts]
"""Takes how many magnitudes of each model are not 0; returns how many are kept (models x cuts)."""


@dataclass(frozen=True)
class Selection:
    """Which elements of each model are the largest; both arrays are models x cuts.

    They are the elements with a magnitude above `threshold` (float32), and those equal to it up to
    flat index `last` (uint64). A NaN counts as larger than infinity.
    """

    threshold: NDArray[np.float32]
    last: NDArray[np.uint64]


def largest(operands: Operands, keep: Keep) -> Selection:
    """Select exactly the `keep` largest magnitudes; `keep` is models x cuts, ≥ 1.

    `keep` may also be a function of the number of magnitudes of each model that are not 0.

    The bits of a non-negative float32 grow with its value. So a first pass counts magnitudes by
    their upper bits, and a second pass counts those near the threshold by their lower bits: nothing
    is sorted or copied. In a large tensor a sample replaces the first pass; the second pass detects
    a wrong guess. Equal magnitudes are the rule in bf16: a last pass finds the last one that is
    kept, lowest flat index first. It does not matter which zeros are kept.
    """
    if not callable(keep) and (np.asarray(keep) >= operands.size).all():
        zero = np.zeros_like(keep, np.float32)
        return Selection(zero, _everywhere(zero))

    def wanted(nonzero: Counts) -> Counts:
        return np.array(keep(nonzero) if callable(keep) else keep, np.int64)

    near = _near_guess(operands, wanted) if operands.size >= SAMPLED else None
    threshold, remaining = near or _in_two_passes(operands, wanted)
    last = _everywhere(threshold)
    if remaining.any():
        _find_last(operands, threshold, remaining, last)
    return Selection(threshold.view(np.float32), last)


def _everywhere(like: NDArray[Any]) -> NDArray[np.uint64]:
    return np.full(like.shape, EVERYWHERE, np.uint64)


Threshold = tuple[Bits, Counts]
"""The bits of the keep-th largest magnitude, and how many of its equals are kept (0 for all)."""


def _in_two_passes(operands: Operands, wanted: Wanted) -> Threshold:
    """Find the threshold by counts of the upper bins and a pass over the lower bits in one bin."""
    counts = _upper_counts(operands)
    keep = wanted(operands.size - counts[:, 0, 0].sum(axis=-1))
    upper, rank, _ = _cut(counts, keep)
    if not upper.any():
        return np.zeros(keep.shape, np.uint32), np.zeros_like(keep)
    lowest = _first_of(upper)
    bits, remaining = _settled(_counts_from(operands, lowest, LOWER), lowest, rank)
    return np.where(upper > 0, bits, 0).astype(np.uint32), np.where(upper > 0, remaining, 0)


def _near_guess(operands: Operands, wanted: Wanted) -> Threshold | None:
    """Find the threshold in one pass over the few upper bins in which a sample says that it lies.

    Returns None if, for any of the cuts, there are too many bins or the threshold lies elsewhere.
    """
    sample = _upper_counts(operands, operands.sample())
    taken = int(sample[0].sum())
    share = taken / operands.size
    zeros = sample[:, 0, 0].sum(axis=-1)
    rank = wanted(operands.size - (zeros / share).astype(np.int64)) * share
    margin = MARGIN * np.sqrt(np.maximum(rank * (1 - rank / taken), 1))
    first, _, _ = _cut(sample, np.clip(rank + margin, 1, taken).astype(np.int64))
    end, _, _ = _cut(sample, np.clip(rank - margin, 1, taken).astype(np.int64))
    bins = int((end - first).max()) + 1
    if (first < 1).any() or bins > WINDOW:
        return None
    lowest = _first_of(first)
    found = _counts_from(operands, lowest, bins * LOWER)
    rest = wanted(operands.size - found.zeros) - found.above
    bits, remaining = _settled(found, lowest, rest)
    return (bits, remaining) if ((rest >= 1) & (remaining >= 0)).all() else None


def _first_of(upper: Counts) -> Bits:
    """The first number in an upper bin."""
    return np.where(upper > 0, (upper - 1) * LOWER + 1, 0).astype(np.uint32)


def _settled(found: _Found, lowest: Bits, rank: Counts) -> Threshold:
    """Find the threshold by its `rank` from the window's end; beyond it, -1 equals remain."""
    lower, left, equal = _cut(found.counts[..., None], rank, found.span)
    remaining = np.where(left < equal, left, np.where(left > equal, -1, 0))
    return (lowest + lower).astype(np.uint32), remaining


def _cut(counts: Counts, keep: Counts, bins: int = UPPER) -> tuple[Counts, Counts, Counts]:
    """The bin of the keep-th largest, its rank there and the bin's count (models x cuts)."""
    found = np.zeros((3, *keep.shape), np.int64)
    find_cut(counts, bins, keep, *found)
    return found[0], found[1], found[2]


def _upper_counts(operands: Operands, cuts: Sequence[Cut] | None = None) -> Counts:
    """Count the magnitudes in each upper bin (models x 1 x UPPER x COUNTERS)."""

    def add(block: Block, counts: Counts) -> None:
        scratch = np.empty((2, TILE), np.float32)
        count_upper(block.raw, block.codes, block.size, operands.has_base, scratch, counts)

    shape = (operands.count, UPPER, COUNTERS)
    counts = _added(operands.tally(lambda: np.zeros(shape, np.int64), add, cuts))
    return counts[:, None]


class _Found(NamedTuple):
    span: int
    """How many numbers the window has."""
    counts: Counts
    """How often each of them occurs (models x cuts x numbers and ELSEWHERE)."""
    above: Counts
    """How many magnitudes lie beyond them (models x cuts)."""
    zeros: Counts
    """How many are 0 (per model)."""


def _counts_from(operands: Operands, lowest: Bits, span: int) -> _Found:
    """Count how often each of the `span` numbers from `lowest` (models x cuts) on occurs."""
    cuts = lowest.shape

    def start() -> tuple[Counts, ...]:
        shapes = ((*cuts, span + ELSEWHERE), cuts, cuts[:1])
        return tuple(np.zeros(shape, np.int64) for shape in shapes)

    def add(block: Block, found: tuple[Counts, ...]) -> None:
        scratch, base = np.empty((3, TILE), np.float32), operands.has_base
        count_from(block.raw, block.codes, block.size, base, scratch, lowest, *found)

    counts, above, zeros = map(_added, zip(*operands.tally(start, add), strict=True))
    return _Found(span, counts, above, zeros)


def _added(tallies: Sequence[Counts]) -> Counts:
    total = tallies[0]
    for each in tallies[1:]:
        total += each
    return total


def _find_last(
    operands: Operands, threshold: Bits, remaining: Counts, last: NDArray[np.uint64]
) -> None:
    """Set `last` if not all equals of the threshold are kept: count per block, then search one."""

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
