"""Passthrough: θ = scale · θ₁, the tensors of one model, unchanged or scaled.

With `slices`, it stacks layers of several models: depth up-scaling (D. Kim et al., "SOLAR 10.7B",
arXiv 2312.15166).
"""

from __future__ import annotations

from collections.abc import Sequence

from merge_worker.engine.kernels.formula import Formula
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared, Values, numbers


def prepare(merge: Merge) -> Prepared:
    """The scale as the weight of the only model."""
    return Prepared(Formula(), numbers(merge.models, "scale"))


def copies(settings: Values, models: Sequence[Values]) -> bool:
    """Whether the tensor is copied: a scale of 1 changes nothing."""
    (only,) = models
    return only["scale"] == 1


METHOD = Method(
    spec=MethodSpec(
        name="passthrough",
        title="Passthrough",
        summary=(
            "Copies one model's tensors, unchanged or scaled; stacks layers of several models."
        ),
        formula="θ = scale · θ₁",
        max_models=1,
        parameters=(
            ParameterSpec(
                name="scale", type="float", doc="The factor on each element.", default=1.0
            ),
        ),
    ),
    prepare=prepare,
    gathers=False,
    copies=copies,
)
