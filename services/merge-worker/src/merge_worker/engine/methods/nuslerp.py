"""NuSLERP: spherical interpolation with a weight for each model, from a base if there is one.

With t = w₂/(w₁ + w₂), or 0.5 where the weights sum to nothing (less than 1e-6)::

    θ = sin((1−t)Ω)/sin Ω · θ₁ + sin(tΩ)/sin Ω · θ₂        cos Ω = θ₁·θ₂/(‖θ₁‖‖θ₂‖)

With a base the same is done to the task vectors τᵢ = θᵢ − θ₀ and added to the base. Ω is the angle
between the two whole, flattened tensors. With `nuslerp_flatten: false` each row (the weights into
one output) is interpolated by itself, at an angle of its own; with `nuslerp_row_wise: true` as
well, each column (the weights of one input): the name is mergekit's, and so is its meaning. A
vector, such as a norm's weight, is always taken whole. Where sin Ω < 1e-8 the interpolation is
linear; a right angle is assumed where a model is zero.

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
    """t: how far the way goes from the first model to the second."""
    total = first + second
    return second / total if abs(total) >= SMALLEST_SUM else 0.5


def coefficients(cosine: float, t: float) -> tuple[float, float]:
    """Those of both models for an angle given by its cosine."""
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
                doc="Take each tensor as one vector; if not, each of its rows or columns.",
                default=True,
                scope="recipe",
            ),
            ParameterSpec(
                name="nuslerp_row_wise",
                type="bool",
                doc="Unless flattened, interpolate column by column instead of row by row.",
                default=False,
                scope="recipe",
            ),
        ),
        constraints=(HELD,),
    ),
    prepare=prepare,
)
