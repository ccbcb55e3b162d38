"""Linear DARE: drops elements of the task vectors at random, rescales the rest and adds them.

Each element of τᵢ = θᵢ − θ₀ is kept with probability d, and divided by d if `rescale`. Then
θ = θ₀ + λ Σ wᵢτ̂ᵢ, with the sum divided by Σ wᵢ if `normalize`. The random numbers are those of
`engine.randomness`.

L. Yu et al., "Language models are Super Mario: absorbing abilities from homologous models as a free
lunch", arXiv 2311.03099.
"""

from __future__ import annotations

from merge_worker.engine.arithmetic.task_vectors import (
    DENSITY,
    HELD_SCALED,
    LAMBDA,
    RESCALE_NORM,
    WEIGHT,
    normalize,
    plain_mix,
    rescale,
)
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared
from .dare_ties import dropped


def prepare(merge: Merge) -> Prepared:
    """The density; all elements that are kept are added."""
    return dropped(merge, plain_mix)


METHOD = Method(
    spec=MethodSpec(
        name="dare_linear",
        title="Linear DARE",
        summary=(
            "Drops elements of the task vectors at random, rescales the rest and adds them to the "
            "base."
        ),
        formula="θ = θ₀ + λ Σ wᵢτ̂ᵢ (÷ Σ wᵢ if normalize), τ̂ᵢ = τᵢ·Bernoulli(d)/d",
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
        constraints=(HELD_SCALED,),
    ),
    prepare=prepare,
)
