"""Model Stock: the mean of the fine-tuned models, moved towards the base the more they disagree.

With τᵢ = θᵢ − θ₀ for N models, and cos θ̄ the mean of the cosines of all pairs of τᵢ::

    t = N cos θ̄ / (1 + (N − 1) cos θ̄)
    θ = t · mean(θᵢ) + (1 − t) θ₀

The cosines are those of the whole, flattened tensors or, with `filter_wise`, those of each row (the
weights into one output), which then has its own t. A pair with a zero τ has the cosine 0. If
1 + (N − 1) cos θ̄ < 1e-6 (two opposite models), t is undefined and the result is the base.

D.-H. Jang, S. Yun, D. Han, "Model Stock: all we need is just a few fine-tuned models", arXiv
2403.19522.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.gather import gram
from merge_worker.engine.arithmetic.spherical import combination, cosines
from merge_worker.engine.kernels.formula import Along
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared

SINGULAR = 1e-6


def prepare(merge: Merge) -> Prepared:
    """t/N for each model, from the scalar products of the task vectors."""
    along: Along | None = "row" if merge.settings["filter_wise"] else None
    share = ratio(cosines(gram(merge, along))) / len(merge.models)
    return combination(merge, np.repeat(share[..., None], len(merge.models), axis=-1), along)


def ratio(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """t, from the cosines of all pairs (…, models, models)."""
    *_, count = cosine.shape
    mean = cosine[..., *np.triu_indices(count, 1)].mean(axis=-1)
    divisor = 1 + (count - 1) * mean
    defined = np.abs(divisor) >= SINGULAR
    t: NDArray[np.float64] = np.divide(
        count * mean, divisor, out=np.zeros_like(mean), where=defined
    )
    return t


METHOD = Method(
    spec=MethodSpec(
        name="model_stock",
        title="Model Stock",
        summary="Moves the base towards the mean of the models, the further the more they agree.",
        formula="θ = t · mean(θᵢ) + (1 − t)θ₀, t = N cos θ̄ / (1 + (N − 1) cos θ̄)",
        paper="2403.19522",
        base="required",
        min_models=2,
        parameters=(
            ParameterSpec(
                name="filter_wise",
                type="bool",
                doc="Give each row of a matrix its own t, instead of one t for the tensor.",
                default=False,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
)
