"""SCE: selects the elements in which the models differ, calculates weights, erases minorities.

Select: of the elements whose variance σ² of τᵢ = θᵢ − θ₀ over the models is not 0, the share
`select_topk` with the largest σ² is selected, at least one (of equals, the lowest flat index
first). All other elements keep the base's value. At 1, all elements are selected. Calculate: each
model's weight in a tensor is the mean of its τᵢ² over the tensor, after selection, divided by the
sum of these means (all equal if they are 0 or not finite). Erase: s = sign of Σ τᵢ, with zero
counted as plus; only models with sign(τᵢ) = s count::

    θ = θ₀ + Σ_{i: sign = s} wᵢτᵢ / max(Σ_{i: sign = s} wᵢ, 1e-6)

F. Wan et al., "FuseChat: knowledge fusion of chat models", arXiv 2408.07990.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.gather import gram, squares
from merge_worker.engine.arithmetic.loop import derived
from merge_worker.engine.arithmetic.selection import EVERYWHERE, largest
from merge_worker.engine.arithmetic.task_vectors import agreeing, task_vector
from merge_worker.engine.kernels.formula import Formula, weighted
from merge_worker.engine.machine.compilable import Function, compilable
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Operands, Prepared

_LEAST = np.float32(1e-6)

Kept = tuple[np.float32, np.uint64]
"""The smallest selected variance, and the flat index of the last selected element that has it."""
ALL: Kept = (np.float32(0), np.uint64(EVERYWHERE))
NONE: Kept = (np.float32(np.inf), np.uint64(0))


@compilable
def plain_vote(value: Any, weight: Any) -> Any:
    """A vote with the weight of the value itself."""
    return value


@compilable
def variance(sums: Any, base: Any, index: Any) -> Any:
    """N · σ², unchanged."""
    return sums[2]


@compilable
def selected_onto_base(sums: Any, base: Any, index: Any, least: Any, last: Any) -> Any:
    """θ₀ + the weighted mean where the variance is selected, else θ₀."""
    spread = sums[2]
    dropped = spread < least or (spread == least and index > last)
    return base if dropped else base + sums[0] / max(sums[1], _LEAST)


@cache
def with_deviation(share: Function, models: int) -> Function:
    """`share` with a third sum: the squared deviation from the mean of `models` models."""
    count = np.float32(models)

    @compilable
    def deviating(value: Any, weight: Any, vote: Any) -> Any:
        part, mass = share(value, weight, vote)
        deviation = value - vote / count
        return part, mass, deviation * deviation

    return deviating


def formula_of(share: Function, models: int, result: Function) -> Formula:
    """A formula on task vectors whose vote is Σ τ and whose third sum is N · σ²."""
    share = with_deviation(share, models)
    return Formula(value=task_vector, vote=plain_vote, share=share, result=result, sums=3)


def prepare(merge: Merge) -> Prepared:
    """Which elements are selected, and the weights."""
    variances = derived(
        merge, Prepared(formula_of(weighted, merge.count, variance), [0.0] * merge.count)
    )
    kept = selection(variances, float(merge.settings["select_topk"]))
    means = mean_squares(merge, variances, kept)
    formula = formula_of(agreeing, merge.count, selected_onto_base)
    return Prepared(formula, shares(means), merge_facts=kept)


def selection(variances: Operands, fraction: float) -> Kept:
    """The bound of the selected variances."""
    if fraction >= 1:
        return ALL
    found = largest(
        variances, lambda differing: [[max(1, int(fraction * each))] for each in differing]
    )
    [[least]], [[last]] = found.threshold, found.last
    return (least, last) if least > 0 else NONE


def mean_squares(merge: Merge, variances: Operands, kept: Kept) -> NDArray[np.float64]:
    """The mean of τᵢ² over the tensor for each model; elements not selected count as 0."""
    total = np.diagonal(gram(merge)) if kept == ALL else squares(merge, variances, *kept)
    means: NDArray[np.float64] = total / merge.size
    return means


def shares(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights: the mean squares divided by their sum, or all equal."""
    total = squares.sum()
    if not np.isfinite(total) or total == 0:
        return np.full_like(squares, 1 / len(squares))
    weights: NDArray[np.float64] = squares / total
    return weights


METHOD = Method(
    spec=MethodSpec(
        name="sce",
        title="SCE",
        summary=(
            "Selects the elements in which the models differ most, weights each model by its "
            "changes and merges with sign consensus."
        ),
        formula="θ = θ₀ + Σ_{i: sign = s} wᵢτᵢ / Σ_{i: sign = s} wᵢ, wᵢ ∝ mean τᵢ², s = sign Σ τᵢ",
        paper="2408.07990",
        base="required",
        parameters=(
            ParameterSpec(
                name="select_topk",
                type="float",
                doc="The share of the differing elements, by largest variance, that is merged.",
                default=1.0,
                minimum=0.0,
                maximum=1.0,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
)
