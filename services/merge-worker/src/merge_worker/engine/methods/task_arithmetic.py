"""Task arithmetic: θ = θ₀ + λ Σ wᵢτᵢ with τᵢ = θᵢ − θ₀, divided by Σ wᵢ if `normalize`.

A negative weight unlearns. The analogy A : B :: C : D is base C with τ_B at +1 and τ_A at −1.

G. Ilharco et al., "Editing models with task arithmetic", arXiv 2212.04089.
"""

from __future__ import annotations

from merge_worker.engine.arithmetic.task_vectors import (
    HELD_SCALED,
    LAMBDA,
    WEIGHT,
    merge_facts,
    normalize,
    plain_mix,
    task_vector,
)
from mergehub.recipe.methods import MethodSpec

from ..method import Merge, Method, Prepared, numbers


def prepare(merge: Merge) -> Prepared:
    """The weights, unchanged."""
    weights = numbers(merge.models, "weight")
    return Prepared(plain_mix(task_vector), weights, merge_facts=merge_facts(merge.settings))


METHOD = Method(
    spec=MethodSpec(
        name="task_arithmetic",
        title="Task arithmetic",
        summary="Adds the weighted task vectors of the models to the base.",
        formula="θ = θ₀ + λ Σ wᵢ(θᵢ − θ₀) (÷ Σ wᵢ if normalize)",
        paper="2212.04089",
        base="required",
        parameters=(WEIGHT, normalize(False), LAMBDA),
        without_effect=("int8_mask", "density", "rescale"),
        constraints=(HELD_SCALED,),
    ),
    prepare=prepare,
    gathers=False,
)
