"""DARE-TIES: drops elements of the task vectors at random, then merges with sign consensus.

Each element of τᵢ = θᵢ − θ₀ is kept with probability d, and divided by d. Then a sign is elected,
and the values with that sign are summed, as in TIES. The random numbers are those of
`engine.randomness`.

L. Yu et al., "Language models are Super Mario: absorbing abilities from homologous models as a free
lunch", arXiv 2311.03099.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

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
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared, numbers

_ZERO = np.float32(0)


@compilable
def survivor(
    theta: Any, base: Any, index: Any, draw: Any, rank: Any, density: Any, scale: Any
) -> Any:
    """scale · τ if the draw of this element is below the density, else 0."""
    return scale * (theta - base) if draw < density else _ZERO


def dropped(merge: Merge, mix: Callable[..., Formula]) -> Prepared:
    """The density, below which a draw keeps an element; `mix` makes the formula for these."""
    densities = numbers(merge.models, "density")
    formula = mix(survivor, drawn=True)
    facts = with_scale(merge, densities, formula, (np.array(densities, np.float32),))
    weights = numbers(merge.models, "weight")
    return Prepared(formula, weights, facts, merge_facts(merge.settings))


def prepare(merge: Merge) -> Prepared:
    """The density; of the elements kept, those with the elected sign count."""
    return dropped(merge, partial(consensus, settings=merge.settings))


METHOD = Method(
    spec=MethodSpec(
        name="dare_ties",
        title="DARE-TIES",
        summary=(
            "Drops elements of the task vectors at random, rescales the rest and merges them with "
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
            CONSENSUS,
            rescale(True),
            RESCALE_NORM,
        ),
        constraints=(HELD_SCALED,),
    ),
    prepare=prepare,
)
