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
    REDUCTION,
    count_lower,
    count_upper,
    find_last,
    norms_kernel,
    products,
)
from .method import Merge

EVERYWHERE = np.iinfo(np.uint64).max


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
    upper 15 bits in a first pass and by their lower 16 in a second: no sorting, no copy. Equals
    are the rule in bf16; a third pass finds the last that is kept, lowest flat index first.
    """
    keep = np.array([max(1, int(density * merge.size)) for density in densities], np.int64)
    threshold = np.zeros(len(keep), np.float32)
    last = np.full(len(keep), EVERYWHERE, np.uint64)
    if (keep < merge.size).any():
        threshold, remaining = _threshold(merge, keep)
        for block in merge.blocks() if remaining.any() else ():
            bits = threshold.view(np.uint32)
            find_last(block.raw, block.codes, block.first, block.size, bits, remaining, last)
    return Selection(threshold, last)


def _threshold(
    merge: Merge, keep: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The keep-th largest |τ| of each model, and how many equal to it are kept (0 if all are)."""
    counts = np.zeros((len(keep), 1 << 15), np.int64)
    for block in merge.blocks():
        count_upper(block.raw, block.codes, block.size, counts)
    upper, keep = _cut(counts, keep)
    counts = np.zeros((len(keep), 1 << 16), np.int64)
    for block in merge.blocks():
        count_lower(block.raw, block.codes, block.size, upper, counts)
    lower, keep = _cut(counts, keep)
    equal = counts[np.arange(len(keep)), lower]
    return (upper << 16 | lower).view(np.float32), np.where(keep < equal, keep, 0)


def _cut(
    counts: NDArray[np.int64], keep: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """In each row, the bin of the keep-th largest and how many of that bin are to be kept."""
    from_top = np.cumsum(counts[:, ::-1], axis=1)
    above = (from_top < keep[:, None]).sum(axis=1)
    kept_above = np.where(above > 0, from_top[np.arange(len(keep)), above - 1], 0)
    return (counts.shape[1] - 1 - above).astype(np.uint32), keep - kept_above


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
