"""Facts about whole tensors: scalar products, norms, sums of squares.

All are summed in float64, in an order that does not depend on the size of the blocks or the number
of threads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.fill_kernel import TILE
from merge_worker.engine.kernels.formula import Along, Formula, total
from merge_worker.engine.kernels.gather_kernels import (
    LANES,
    REDUCTION,
    column_products,
    magnitudes,
    products,
    selected_squares,
)
from merge_worker.engine.machine.compilable import compilable
from merge_worker.engine.method import Block, Merge, Operands, Prepared

from .loop import derived

_ZERO = np.float32(0)


def gram(operands: Operands, along: Along | None = None) -> NDArray[np.float64]:
    """All scalar products of the models' tensors, or of their task vectors if there is a base.

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
    """The L1, L2 and maximum norm of `formula.value` of each model (models x 3)."""
    alone = replace(formula, vote=None, share=_picked, sums=2, result=total)
    each = np.eye(merge.count)
    return np.array([_norms(derived(merge, Prepared(alone, one, facts))) for one in each])


@compilable
def _picked(value: Any, weight: Any, vote: Any) -> Any:
    """Take the value of the model whose weight is 1; the others, of weight 0, add nothing."""
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
    """Exactly rounded sums of all partials over the first axis."""
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
