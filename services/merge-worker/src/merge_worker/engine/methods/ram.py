"""RAM: keeps each change in full, or the mean if several models changed the same element.

An element of model i is changed if |τᵢ| > ε, τᵢ = θᵢ − θ₀. With c the number of models that
changed it::

    θ = θ₀ + Σ_{i: changed} τᵢ / max(c, 1)

so the models that did not change an element do not dilute the change of the one that did.
Reinforcement learning leaves most elements unchanged.

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
    doc="An element that differs from the base by no more than this counts as unchanged.",
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
    """(τ, 1) for a model that changed the element, else (0, 0)."""
    return value, (_ZERO if value == _ZERO else _ONE)


@compilable
def mean_onto_base(sums: Any, base: Any, index: Any) -> Any:
    """θ₀ + the mean of the changes."""
    return base + sums[0] / max(sums[1], _ONE)


def epsilons(merge: Merge) -> NDArray[np.float32]:
    """ε for each model, in the form that `change` takes."""
    return np.full(len(merge.models), merge.settings["epsilon"], np.float32)


def prepare(merge: Merge) -> Prepared:
    """ε; all models have the same weight."""
    formula = Formula(value=change, share=counted, result=mean_onto_base)
    return Prepared(formula, [1.0] * len(merge.models), (epsilons(merge),))


METHOD = Method(
    spec=MethodSpec(
        name="ram",
        title="RAM",
        summary="Keeps a change that one model made in full, and averages what several changed.",
        formula="θ = θ₀ + Σ_{i: |τᵢ| > ε} τᵢ / max(c, 1), c = the number of those i",
        paper="2601.13572",
        base="required",
        parameters=(EPSILON,),
    ),
    prepare=prepare,
    gathers=False,
)
