"""Model Breadcrumbs: drops the largest and smallest task-vector elements and adds the rest.

Of the n elements of τᵢ = θᵢ − θ₀, the ⌊γn⌋ of largest magnitude are dropped, then the smallest of
the others, until k = ⌊d·n⌋ remain (at least one). If γ > 1 − d, fewer of the large elements are
dropped, so that k remain; a density of 1 drops nothing. Of equals, those with the lowest flat index
count as the largest. Then θ = θ₀ + λ Σ wᵢτ̂ᵢ, with the sum divided by Σ wᵢ if `normalize`.

M. Davari, E. Belilovsky, "Model Breadcrumbs: scaling multi-task model merging with sparse masks",
arXiv 2312.06795.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from merge_worker.engine.arithmetic.selection import largest
from merge_worker.engine.arithmetic.task_vectors import (
    DENSITY,
    HELD_SCALED,
    LAMBDA,
    RESCALE_NORM,
    WEIGHT,
    merge_facts,
    normalize,
    plain_mix,
    rescale,
    with_scale,
)
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared, numbers

_ZERO = np.float32(0)

GAMMA = ParameterSpec(
    name="gamma",
    type="float",
    doc="The share of the task vector's elements, the largest ones, that is dropped first.",
    default=0.01,
    minimum=0.0,
    maximum=1.0,
)


@compilable
def crumb(
    theta: Any,
    base: Any,
    index: Any,
    draw: Any,
    rank: Any,
    largest: Any,
    last_large: Any,
    smallest: Any,
    last_small: Any,
    scale: Any,
) -> Any:
    """scale · τ if |τ| is neither among the large ones nor below the smallest kept, else 0."""
    tau = theta - base
    magnitude = abs(tau)
    large = magnitude > largest or (magnitude == largest and index <= last_large)
    small = magnitude < smallest or (magnitude == smallest and index > last_small)
    return _ZERO if large or small else scale * tau


def crumbs(merge: Merge, mix: Callable[..., Formula]) -> Prepared:
    """Both exact cuts of each task vector; `mix` makes the formula for what lies between them."""
    densities, gammas = numbers(merge.models, "density"), numbers(merge.models, "gamma")
    pairs = zip(densities, gammas, strict=True)
    cuts = np.array([cuts_of(merge.size, density, gamma) for density, gamma in pairs])
    selection = largest(merge, np.maximum(cuts, 1))
    threshold, last = selection.threshold.T.copy(), selection.last.T.copy()
    threshold[0, cuts[:, 0] == 0] = np.nan  # none is large: nothing is above or equal to it
    formula = mix(crumb)
    facts = with_scale(merge, densities, formula, (threshold[0], last[0], threshold[1], last[1]))
    weights = numbers(merge.models, "weight")
    return Prepared(formula, weights, facts, merge_facts(merge.settings))


def cuts_of(size: int, density: float, gamma: float) -> tuple[int, int]:
    """How many of the largest are dropped, and how many elements are not among the smallest."""
    kept = max(1, int(density * size))
    dropped = min(int(gamma * size), size - kept)
    return dropped, dropped + kept


def prepare(merge: Merge) -> Prepared:
    """The cuts; every task vector counts at every element."""
    return crumbs(merge, plain_mix)


METHOD = Method(
    spec=MethodSpec(
        name="breadcrumbs",
        title="Model Breadcrumbs",
        summary="Drops the largest and smallest elements of the task vectors and adds the rest.",
        formula=(
            "θ = θ₀ + λ Σ wᵢτ̂ᵢ (÷ Σ wᵢ if normalize), "
            "τ̂ᵢ = τᵢ without its ⌊γn⌋ largest and its smallest"
        ),
        paper="2312.06795",
        base="required",
        parameters=(
            WEIGHT,
            DENSITY,
            GAMMA,
            normalize(False),
            LAMBDA,
            rescale(False),
            RESCALE_NORM,
        ),
        constraints=(HELD_SCALED,),
    ),
    prepare=prepare,
)
