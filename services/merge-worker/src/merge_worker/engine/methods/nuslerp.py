"""NuSLERP: spherical interpolation of two models by their weights, relative to a base if given.

With t = w₂/(w₁ + w₂), or t = 0.5 if the weights sum to less than 1e-6 in magnitude::

    θ = sin((1−t)Ω)/sin Ω · θ₁ + sin(tΩ)/sin Ω · θ₂        cos Ω = θ₁·θ₂/(‖θ₁‖‖θ₂‖)

With a base, the task vectors τᵢ = θᵢ − θ₀ are interpolated in the same way, and the result is added
to the base. Ω is the angle between the two whole, flattened tensors. With `nuslerp_flatten: false`,
each row (the weights into one output) is interpolated separately, at its own angle. If also
`nuslerp_row_wise: true`, each column (the weights of one input) is; the name and its meaning are
mergekit's. A vector, such as a norm's weight, is always taken whole. If sin Ω < 1e-8, the
interpolation is linear; if a model is zero, the angle counts as a right angle.

The weights and options are those of mergekit's method of this name; the interpolation is K.
Shoemake's, "Animating rotation with quaternion curves", SIGGRAPH '85.
"""

from __future__ import annotations

import math

import numpy as np

from merge_worker.engine.arithmetic.gather import gram
from merge_worker.engine.arithmetic.spherical import combination, cosines
from merge_worker.engine.arithmetic.task_vectors import WEIGHT
from merge_worker.engine.kernels.formula import Along
from mergehub.recipe.constraints import HeldByFloat32
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared, numbers

COLLINEAR = 1e-8
SMALLEST_SUM = 1e-6
HELD = HeldByFloat32(kind="held-by-float32", parameter="weight")


def prepare(merge: Merge) -> Prepared:
    """The coefficients of both models, for the whole tensor or for each line."""
    t = position(*numbers(merge.models, "weight"))
    along = _along(merge)
    angles = cosines(gram(merge, along))[..., 0, 1]
    found = np.array([coefficients(float(cosine), t) for cosine in angles.ravel()])
    return combination(merge, found if along else found.ravel(), along)


def position(first: float, second: float) -> float:
    """t: the position between the first model (0) and the second (1)."""
    total = first + second
    return second / total if abs(total) >= SMALLEST_SUM else 0.5


def coefficients(cosine: float, t: float) -> tuple[float, float]:
    """The coefficients of both models, for an angle given by its cosine."""
    sine = math.sqrt(1 - cosine * cosine)
    if sine < COLLINEAR:
        return 1 - t, t
    angle = math.acos(cosine)
    return math.sin((1 - t) * angle) / sine, math.sin(t * angle) / sine


def _along(merge: Merge) -> Along | None:
    if merge.settings["nuslerp_flatten"] or merge.shape[0] == 1:
        return None
    return "column" if merge.settings["nuslerp_row_wise"] else "row"


METHOD = Method(
    spec=MethodSpec(
        name="nuslerp",
        title="NuSLERP",
        summary="Spherical interpolation between two models, or their task vectors, by weight.",
        formula="θ = sin((1−t)Ω)/sin Ω · θ₁ + sin(tΩ)/sin Ω · θ₂, t = w₂/(w₁ + w₂)",
        base="optional",
        min_models=2,
        max_models=2,
        parameters=(
            WEIGHT,
            ParameterSpec(
                name="nuslerp_flatten",
                type="bool",
                doc="Treat each tensor as one vector, not each of its rows or columns.",
                default=True,
                scope="recipe",
            ),
            ParameterSpec(
                name="nuslerp_row_wise",
                type="bool",
                doc="If not flattened, interpolate column by column instead of row by row.",
                default=False,
                scope="recipe",
            ),
        ),
        constraints=(HELD,),
    ),
    prepare=prepare,
)
