"""Linear DELLA: drops task-vector elements at random, small ones more often, and adds the rest.

An element of τᵢ = θᵢ − θ₀ is kept with the probability p = d − ε + 2ε · r/(n − 1), where r is the
rank of its magnitude among the n elements of its row. It is then divided by p if `rescale`. All
this is as in `della`. Then::

    θ = θ₀ + λ Σ wᵢτ̂ᵢ, divided by Σ wᵢ if `normalize`

P. T. Deep, R. Bhardwaj, S. Poria, "DELLA-Merging: reducing interference in model merging through
magnitude-based sampling", arXiv 2406.11617.
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
from .della import EPSILON, PROBABILITIES, pruned


def prepare(merge: Merge) -> Prepared:
    """The probabilities; every task vector counts at every element."""
    return pruned(merge, plain_mix)


METHOD = Method(
    spec=MethodSpec(
        name="della_linear",
        title="Linear DELLA",
        summary=(
            "Drops elements of the task vectors at random by the rank of their magnitude, rescales "
            "the rest and adds them to the base."
        ),
        formula="θ = θ₀ + λ Σ wᵢτ̂ᵢ (÷ Σ wᵢ if normalize), τ̂ᵢ = τᵢ·Bernoulli(p)/p",
        paper="2406.11617",
        base="required",
        seeded=True,
        parameters=(
            WEIGHT,
            DENSITY,
            EPSILON,
            normalize(False),
            LAMBDA,
            rescale(True),
            RESCALE_NORM,
        ),
        constraints=(PROBABILITIES, HELD_SCALED),
    ),
    prepare=prepare,
)
