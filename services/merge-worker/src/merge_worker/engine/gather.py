"""Facts about whole tensors: the largest magnitudes, scalar products, norms.

All are exact or summed in float64 in a fixed order, whatever the size of the blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compilable import Function
from .gather_kernels import (
    COUNTERS,
    LOWER,
    REDUCTION,
    UPPER,
    count_lower,
    count_upper,
    cut,
    find_last,
    norms_kernel,
    products,
)
from .method import Merge

EVERYWHERE = np.iinfo(np.uint64).max
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Selection:
    """Which elements are kept of each task vector.

    Those with |τ| above the model's `threshold` (float32), and of those equal to it the ones up
    to flat index `last` (uint64). A NaN counts as larger than infinity.
    """

    threshold: NDArray[np.float32]
    last: NDArray[np.uint64]


def largest(merge: Merge, densities: Sequence[float]) -> Selection:
    """Select the ⌊d·n⌋ elements (at least one) of largest |τ| of each model, exactly that many.

    The bits of a non-negative float32 grow with its value, so magnitudes are counted by their
    upper bits in a first pass and, near the threshold, by their lower bits in a second: no
    sorting, no copy. Equals are the rule in bf16; a third pass finds the last that is kept,
    lowest flat index first. Of zeros it does not matter which are kept.
    """
    keep = np.array([max(1, int(density * merge.size)) for density in densities], np.int64)
    threshold = np.zeros(len(keep), np.uint32)
    last = np.full(len(keep), EVERYWHERE, np.uint64)
    if (keep < merge.size).any():
        threshold, remaining = _threshold(merge, keep)
        for block in merge.blocks() if remaining.any() else ():
            find_last(block.raw, block.codes, block.first, block.size, threshold, remaining, last)
    return Selection(threshold.view(np.float32), last)


def _threshold(merge: Merge, keep: Counts) -> tuple[NDArray[np.uint32], Counts]:
    """The bits of the keep-th largest |τ| of each model, and how many of its equals are kept.

    The second is 0 if all are.
    """
    upper, lower = np.zeros_like(keep), np.zeros_like(keep)
    counts = np.zeros((len(keep), UPPER, COUNTERS), np.int64)
    for block in merge.blocks():
        count_upper(block.raw, block.codes, block.size, counts)
    cut(counts, keep, upper)
    lowest = np.where(upper > 0, (upper - 1) * LOWER + 1, 0).astype(np.uint32)
    keep[upper == 0] = 0
    counts = np.zeros((len(keep), LOWER, 1), np.int64)
    for block in merge.blocks() if upper.any() else ():
        count_lower(block.raw, block.codes, block.size, lowest, counts)
    cut(counts, keep, lower)
    equal = counts[np.arange(len(keep)), lower, 0]
    bits = np.where(upper > 0, lowest + lower, 0).astype(np.uint32)
    return bits, np.where(keep < equal, keep, 0)


def gram(merge: Merge) -> NDArray[np.float64]:
    """All scalar products of the models' tensors, or of their task vectors where there is a base.

    Returns:
        A symmetric matrix (models x models).
    """
    models = len(merge.models)
    partials = []
    for block in merge.blocks():
        out = np.zeros((_partials(block.size), models, models))
        products(block.raw, block.codes, block.size, merge.has_base, out)
        partials.append(out)
    upper = _joined(partials)
    return upper + np.triu(upper, 1).T


def norms(merge: Merge, value: Function, facts: tuple[NDArray[Any], ...]) -> NDArray[np.float64]:
    """The L1, L2 and maximum norm of what `value` makes of each model (models x 3)."""
    kernel = norms_kernel(value, len(facts))
    partials = []
    for block in merge.blocks():
        out = np.zeros((_partials(block.size), len(merge.models), 3))
        kernel(block.raw, block.codes, block.first, block.size, facts, out)
        partials.append(out)
    maximum = np.concatenate(partials).max(axis=0)[:, 2]
    sums = _joined(partials)
    return np.stack([sums[:, 0], np.sqrt(sums[:, 1]), maximum], axis=1)


def _partials(size: int) -> int:
    return -(-size // REDUCTION)


def _joined(partials: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Exactly rounded sums over the first axis of all partials together."""
    together = np.concatenate(partials)
    flat = [math.fsum(column) for column in together.reshape(len(together), -1).T]
    return np.array(flat).reshape(together.shape[1:])
