"""SLERP: θ = s₀θ₀ + s₁θ₁ with s₀ = sin((1−t)Ω)/sin Ω and s₁ = sin(tΩ)/sin Ω.

Ω is the angle between the two whole, flattened tensors: cos Ω = θ₀·θ₁/(‖θ₀‖‖θ₁‖), where a norm of
at most 1e-8 counts as 1. The coefficients apply to the tensors themselves, not to unit vectors. If
|cos Ω| > 0.9995, the interpolation is linear: s₀ = 1−t, s₁ = t.

K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH '85.
"""

from __future__ import annotations

import math

from merge_worker.engine.arithmetic.gather import gram
from merge_worker.engine.kernels.formula import Formula
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared

NEARLY_PARALLEL = 0.9995
SMALLEST_NORM = 1e-8


def prepare(merge: Merge) -> Prepared:
    """The coefficients, from a pass that gathers the norms and the scalar product."""
    t = float(merge.settings["t"])
    products = gram(merge)
    norms = [math.sqrt(products[i, i]) for i in range(2)]
    first, second = (norm if norm > SMALLEST_NORM else 1.0 for norm in norms)
    return Prepared(Formula(), coefficients(products[0, 1] / (first * second), t))


def coefficients(cosine: float, t: float) -> tuple[float, float]:
    """s₀ and s₁ for an angle given by its cosine."""
    if not abs(cosine) <= NEARLY_PARALLEL:
        return 1 - t, t
    angle = math.acos(cosine)
    return math.sin((1 - t) * angle) / math.sin(angle), math.sin(t * angle) / math.sin(angle)


METHOD = Method(
    spec=MethodSpec(
        name="slerp",
        title="SLERP",
        summary="Spherical interpolation between two models.",
        formula=("θ = sin((1−t)Ω)/sin Ω · θ₀ + sin(tΩ)/sin Ω · θ₁, cos Ω = θ₀·θ₁/(‖θ₀‖‖θ₁‖)"),
        base="member",
        min_models=2,
        max_models=2,
        ordered=True,
        parameters=(
            ParameterSpec(
                name="t",
                type="float",
                doc="The position between the first model (0) and the second (1).",
                required=True,
                minimum=0.0,
                maximum=1.0,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
)
