"""DARE-TIES: drop elements of the task vectors at random, rescale, merge with sign consensus.

Each element of τᵢ = θᵢ − θ₀ is kept with probability d, and what is kept is divided by d; then the
sign is elected and the agreeing are summed as in TIES. The draws are those of `engine.randomness`.

L. Yu et al., "Language models are Super Mario: absorbing abilities from homologous models as a free
lunch", arXiv 2311.03099.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mergehub.recipe.methods import MethodSpec

from ..compilable import compilable
from ..method import Merge, Method, Prepared, numbers
from ..randomness import draw, draw_key, keep_below
from ..task_vectors import (
    DENSITY,
    LAMBDA,
    RESCALE_NORM,
    WEIGHT,
    consensus,
    merge_facts,
    normalize,
    rescale,
    with_scale,
)

_ZERO = np.float32(0)


@compilable
def survivor(theta: Any, base: Any, index: Any, key: Any, below: Any, scale: Any) -> Any:
    """scale · τ where the draw of this element is below the bound, else 0."""
    return scale * (theta - base) if draw(index, key) < below else _ZERO


def prepare(merge: Merge) -> Prepared:
    """The key of each model's draws and the bound below which an element survives."""
    densities = numbers(merge.models, "density")
    keys = [draw_key(merge.seed, model.reference, model.tensor) for model in merge.models]
    bounds = [keep_below(density) for density in densities]
    draws = (np.array(keys, np.uint64), np.array(bounds, np.uint64))
    facts = with_scale(merge, densities, survivor, draws)
    formula = consensus(survivor, merge.settings)
    weights = numbers(merge.models, "weight")
    return Prepared(formula, weights, facts, merge_facts(merge.settings))


METHOD = Method(
    spec=MethodSpec(
        name="dare_ties",
        title="DARE-TIES",
        summary=(
            "Drops elements of the task vectors at random, rescales the rest, then merges with "
            "sign consensus."
        ),
        formula="θ = θ₀ + λ Σ_{i: sign = s} wᵢτ̂ᵢ, τ̂ᵢ = τᵢ·Bernoulli(d)/d",
        paper="2311.03099",
        base="required",
        seeded=True,
        parameters=(
            WEIGHT,
            DENSITY,
            normalize(False),
            LAMBDA,
            rescale(True),
            RESCALE_NORM,
        ),
    ),
    prepare=prepare,
)
