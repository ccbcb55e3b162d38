"""Arcee Fusion: takes only the most important changes.

    importance = |τ| · KL(softmax(row of θ₁) ‖ softmax(row of θ₀)),  τ = θ₁ − θ₀
    θ = θ₀ + τ where importance ≥ median + 1.5 · (third − first quartile), else θ₀

The divergence is that of the element's whole row (last dimension), with 1e-8 added to every
probability; a vector is one row. The quartiles are exact order statistics of the whole tensor: of n
elements in ascending order, those at ⌊(n−1)/4⌋, ⌊(n−1)/2⌋ and ⌊3(n−1)/4⌋.

The method keeps most of the base, since the bound is one for outliers (J. Tukey's fence, from the
median).
The method is by Arcee AI, published in mergekit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from merge_worker.engine.arithmetic.divergence import row_divergences
from merge_worker.engine.arithmetic.loop import derived
from merge_worker.engine.arithmetic.selection import largest
from merge_worker.engine.arithmetic.task_vectors import task_vector
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared


@compilable
def scored(value: Any, weight: Any, vote: Any) -> Any:
    """(τ, importance), where the weight is the divergence of the row."""
    return value, abs(weight * value)


@compilable
def importance(sums: Any, base: Any, index: Any) -> Any:
    """The importance alone."""
    return sums[1]


@compilable
def fused(sums: Any, base: Any, index: Any, threshold: Any) -> Any:
    """θ₀ + τ where it is important enough, or a NaN; else θ₀."""
    return base if sums[1] < threshold else base + sums[0]


def prepare(merge: Merge) -> Prepared:
    """The divergence of every row and the threshold of importance."""
    weights = row_divergences(merge)[:, None]
    scores = Formula(value=task_vector, share=scored, result=importance)
    least = threshold(merge, Prepared(scores, weights, along="row"))
    formula = Formula(value=task_vector, share=scored, result=fused)
    return Prepared(formula, weights, merge_facts=(least,), along="row")


def threshold(merge: Merge, scores: Prepared) -> np.float32:
    """Median + 1.5 · interquartile range of all scores."""
    last = merge.size - 1
    ranks = [merge.size - (quarter * last) // 4 for quarter in (1, 2, 3)]
    [[first, median, third]] = largest(derived(merge, scores), [ranks]).threshold
    with np.errstate(invalid="ignore", over="ignore"):
        return np.float32(median + np.float32(1.5) * (third - first))


METHOD = Method(
    spec=MethodSpec(
        name="arcee_fusion",
        title="Arcee Fusion",
        summary="Takes the most important changes and leaves all other elements at the base.",
        formula="θ = θ₀ + τ where |τ|·KL(softmax θ₁ ‖ softmax θ₀) ≥ median + 1.5 IQR, else θ₀",
        base="required",
        max_models=1,
    ),
    prepare=prepare,
)
