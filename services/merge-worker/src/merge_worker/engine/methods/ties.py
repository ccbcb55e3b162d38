"""TIES: trims each task vector, elects a sign for each element, averages the values that agree.

Trim: of τᵢ = θᵢ − θ₀, the k = ⌊d·n⌋ elements of largest magnitude are kept (at least one; of
equals, the lowest flat index first), and the others become 0. Elect: s = sign of Σ wᵢτ̂ᵢ, with zero
counted as plus; with `consensus: count`, the sign that more models have. Merge: the sum of the
wᵢτ̂ᵢ with sign s, divided by the sum of their wᵢ if `normalize` (the paper's disjoint mean). Then θ
= θ₀ + λ times that.

P. Yadav et al., "TIES-Merging: resolving interference when merging models", arXiv 2306.01708.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from merge_worker.engine.arithmetic.selection import largest
from merge_worker.engine.arithmetic.task_vectors import (
    CONSENSUS,
    DENSITY,
    HELD_SCALED,
    LAMBDA,
    RESCALE_NORM,
    WEIGHT,
    consensus,
    merge_facts,
    normalize,
    rescale,
    with_scale,
)
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared, numbers

_ZERO = np.float32(0)


@compilable
def trimmed(
    theta: Any,
    base: Any,
    index: Any,
    draw: Any,
    rank: Any,
    threshold: Any,
    last: Any,
    scale: Any,
) -> Any:
    """scale · τ if |τ| is above the threshold, or equal to it and not after `last`; else 0."""
    tau = theta - base
    magnitude = abs(tau)
    dropped = magnitude < threshold or (magnitude == threshold and index > last)
    return _ZERO if dropped else scale * tau


def prepare(merge: Merge) -> Prepared:
    """The exact threshold of each task vector."""
    densities = numbers(merge.models, "density")
    selection = largest(merge, [[max(1, int(density * merge.size))] for density in densities])
    formula = consensus(trimmed, merge.settings)
    bounds = (selection.threshold.ravel(), selection.last.ravel())
    facts = with_scale(merge, densities, formula, bounds)
    weights = numbers(merge.models, "weight")
    return Prepared(formula, weights, facts, merge_facts(merge.settings))


METHOD = Method(
    spec=MethodSpec(
        name="ties",
        title="TIES",
        summary=(
            "Trims the task vectors, elects a sign for each element and averages what agrees."
        ),
        formula=(
            "θ = θ₀ + λ Σ_{i: sign = s} wᵢτ̂ᵢ (÷ Σ of their wᵢ if normalize), "
            "s = sign Σ wᵢτ̂ᵢ, τ̂ᵢ = the ⌊dn⌋ largest of τᵢ"
        ),
        paper="2306.01708",
        base="required",
        parameters=(
            WEIGHT,
            DENSITY,
            normalize(True),
            LAMBDA,
            CONSENSUS,
            rescale(False),
            RESCALE_NORM,
        ),
        constraints=(HELD_SCALED,),
    ),
    prepare=prepare,
)
