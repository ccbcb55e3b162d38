"""RAM: each change counts in full; where several models changed an element, their mean does.

An element of model i is changed if |τᵢ| > ε, τᵢ = θᵢ − θ₀. With c the number of models that
changed it::

    θ = θ₀ + Σ_{i: changed} τᵢ / max(c, 1)

so that a change made by one model alone is not diluted by those that left the element as it was, as
training by reinforcement leaves most of them.

X. Yuan et al., "Behavior knowledge merge in reinforced agentic models", arXiv 2601.13572.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared

_ZERO = np.float32(0)
_ONE = np.float32(1)

EPSILON = ParameterSpec(
    name="epsilon",
    type="float",
    doc="The difference from the base up to which an element counts as unchanged.",
    default=1e-5,
    minimum=0.0,
    scope="recipe",
)


@compilable
def change(theta: Any, base: Any, index: Any, draw: Any, rank: Any, epsilon: Any) -> Any:
    """τ where |τ| > ε, else 0."""
    tau = theta - base
    return _ZERO if abs(tau) <= epsilon else tau


@compilable
def counted(value: Any, weight: Any, vote: Any) -> Any:
    """(τ, 1) from those that changed the element."""
    return value, (_ZERO if value == _ZERO else _ONE)


@compilable
def mean_onto_base(sums: Any, base: Any, index: Any) -> Any:
    """θ₀ + the mean of the changes."""
    return base + sums[0] / max(sums[1], _ONE)


def epsilons(merge: Merge) -> NDArray[np.float32]:
    """ε for each model, as `change` takes it."""
    return np.full(len(merge.models), merge.settings["epsilon"], np.float32)


def prepare(merge: Merge) -> Prepared:
    """ε; all models weigh the same."""
    formula = Formula(value=change, share=counted, result=mean_onto_base)
    return Prepared(formula, [1.0] * len(merge.models), (epsilons(merge),))


METHOD = Method(
    spec=MethodSpec(
        name="ram",
        title="RAM",
        summary="Keeps what one model changed alone in full and averages what several changed.",
        formula="θ = θ₀ + Σ_{i: |τᵢ| > ε} τᵢ / max(c, 1), c = the number of those i",
        paper="2601.13572",
        base="required",
        parameters=(EPSILON,),
    ),
    prepare=prepare,
    gathers=False,
)
