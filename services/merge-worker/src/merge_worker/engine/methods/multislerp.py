"""Multi-SLERP: the weighted mean direction of any number of models, at their mean length.

With the unit vectors uᵢ = θᵢ/‖θᵢ‖ of the whole, flattened tensors::

    m = Σ wᵢuᵢ / ‖Σ wᵢuᵢ‖,  vᵢ = uᵢ − (uᵢ·m)m,  V = Σ wᵢvᵢ
    θ = (m cos‖V‖ + V sin‖V‖/‖V‖) · Σ wᵢ‖θᵢ‖

that is, an interpolation in the plane that touches the sphere at m. The wᵢ are divided by their sum
if `normalize_weights`. Since Σ wᵢuᵢ is parallel to m, and V is its part orthogonal to m, V is
always 0; so θ is computed as m · Σ wᵢ‖θᵢ‖. With a base, the task vectors are interpolated in the
same way, and the result is added to the base. A model whose tensor is zero has no direction.

If the directions cancel out, that is ‖Σ wᵢuᵢ‖ ≤ `eps` (or 1e-7 if that is larger, the precision of
the scalar products), two models are interpolated linearly; more than two are an error. Tensors that
are all zero, or that have infinite or undefined elements, are interpolated linearly, too.

C. Goddard, https://goddard.blog/posts/multislerp-wow-what-a-cool-idea.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.gather import gram
from merge_worker.engine.arithmetic.spherical import combination, cosines, norms_of
from merge_worker.engine.arithmetic.task_vectors import WEIGHT
from mergehub.recipe.constraints import HeldByFloat32, NonzeroSum, SomeNonzero
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..errors import PlanError
from ..method import Merge, Method, Prepared, numbers

SOME_WEIGHT = SomeNonzero(kind="some-nonzero", parameter="weight")
NORMALIZED = NonzeroSum(kind="nonzero-sum", parameter="weight", when="normalize_weights")
HELD = HeldByFloat32(kind="held-by-float32", parameter="weight", when="normalize_weights")
RESOLVED = 1e-7


def prepare(merge: Merge) -> Prepared:
    """The coefficients of the models, from their scalar products."""
    weights = np.array(numbers(merge.models, "weight"))
    if merge.settings["normalize_weights"]:
        weights /= weights.sum()
    products, eps = gram(merge), max(float(merge.settings["eps"]), RESOLVED)
    found = coefficients(products, weights, eps)
    if found is None:
        raise PlanError(
            f"{merge.name!r}: the weighted directions of the models cancel out, so they have no "
            "mean direction; give the models other weights"
        )
    return combination(merge, found)


def coefficients(
    products: NDArray[np.float64], weights: NDArray[np.float64], eps: float
) -> NDArray[np.float64] | None:
    """One coefficient for each model, or None if more than two directions cancel out."""
    norms = norms_of(products)
    if not np.isfinite(norms).all() or not norms.any():
        return weights
    length = math.sqrt(max(0.0, float(weights @ cosines(products) @ weights)))
    if length <= eps:
        return weights if len(weights) == 2 else None
    scale = weights @ norms / length
    return np.divide(weights, norms, out=np.zeros_like(weights), where=norms > 0) * scale


METHOD = Method(
    spec=MethodSpec(
        name="multislerp",
        title="Multi-SLERP",
        summary="The weighted mean direction of the models, or task vectors, at their mean length.",
        formula="θ = m · Σ wᵢ‖θᵢ‖, m = Σ wᵢuᵢ / ‖Σ wᵢuᵢ‖, uᵢ = θᵢ/‖θᵢ‖",
        base="optional",
        parameters=(
            WEIGHT,
            ParameterSpec(
                name="normalize_weights",
                type="bool",
                doc="Divide the weights by their sum.",
                default=True,
                scope="recipe",
            ),
            ParameterSpec(
                name="eps",
                type="float",
                doc="The directions cancel out if Σ wᵢuᵢ is not longer than this.",
                default=1e-8,
                minimum=0.0,
                scope="recipe",
            ),
        ),
        constraints=(SOME_WEIGHT, NORMALIZED, HELD),
    ),
    prepare=prepare,
)
