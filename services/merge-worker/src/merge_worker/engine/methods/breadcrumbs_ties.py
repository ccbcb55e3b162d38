"""Model Breadcrumbs with sign consensus.

Of each τᵢ = θᵢ − θ₀, the largest ⌊γn⌋ elements and the smallest are dropped, so that ⌊d·n⌋ remain,
as in `breadcrumbs`. Then a sign is elected, and the values with that sign are summed, as in
`ties`::

    θ = θ₀ + λ Σ_{i: sign = s} wᵢτ̂ᵢ, divided by Σ of their wᵢ if `normalize`

M. Davari, E. Belilovsky, "Model Breadcrumbs: scaling multi-task model merging with sparse masks",
arXiv 2312.06795; P. Yadav et al., "TIES-Merging: resolving interference when merging models",
arXiv 2306.01708.
"""

from __future__ import annotations

from functools import partial

from merge_worker.engine.arithmetic.task_vectors import (
    CONSENSUS,
    DENSITY,
    HELD_SCALED,
    LAMBDA,
    RESCALE_NORM,
    WEIGHT,
    consensus,
    normalize,
    rescale,
)
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared
from .breadcrumbs import GAMMA, crumbs


def prepare(merge: Merge) -> Prepared:
    """The cuts; the values with the elected sign count."""
    return crumbs(merge, partial(consensus, settings=merge.settings))


METHOD = Method(
    spec=MethodSpec(
        name="breadcrumbs_ties",
        title="Model Breadcrumbs with TIES",
        summary=(
            "Drops the largest and smallest elements of the task vectors and merges the rest with "
            "sign consensus."
        ),
        formula="θ = θ₀ + λ Σ_{i: sign = s} wᵢτ̂ᵢ, τ̂ᵢ = τᵢ without largest and smallest",
        paper="2312.06795",
        base="required",
        parameters=(
            WEIGHT,
            DENSITY,
            GAMMA,
            normalize(False),
            LAMBDA,
            CONSENSUS,
            rescale(False),
            RESCALE_NORM,
        ),
        constraints=(HELD_SCALED,),
    ),
    prepare=prepare,
)
