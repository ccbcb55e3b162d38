"""RAM+ (tensor-local): RAM that amplifies the changes that only one model made.

As in RAM, an element of model i is changed if |τᵢ| > ε, τᵢ = θᵢ − θ₀, and the changes of several
models are averaged. An element that only model i changed is scaled, in each tensor separately::

    λᵢ = 1 + r · min(sᵢ / uᵢ, α)
    θ = θ₀ + λᵢτᵢ where only i changed, θ₀ + Σ_{i: changed} τᵢ / c where c > 1 did

Here uᵢ is the number of the tensor's elements that only i changed, and sᵢ the number of elements
that i and others changed. The factor makes up for what a model loses where it is averaged.

X. Yuan et al., "Behavior knowledge merge in reinforced agentic models", arXiv 2601.13572.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from merge_worker.engine.arithmetic.counting import count
from merge_worker.engine.arithmetic.loop import derived
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared
from .ram import EPSILON, change, epsilons, mean_onto_base

_ZERO = np.float32(0)
_ONE = np.float32(1)
_TWO = np.float32(2)


@compilable
def presence(value: Any, weight: Any) -> Any:
    """One vote from each model that changed the element."""
    return _ZERO if value == _ZERO else _ONE


@compilable
def company(value: Any, weight: Any, vote: Any) -> Any:
    """For the model whose weight is 1: 1 if only it changed the element, 2 if others did, too."""
    return (_ZERO if value == _ZERO else weight * min(vote, _TWO)), _ZERO


@compilable
def amplified(value: Any, weight: Any, vote: Any) -> Any:
    """(λ · τ, 1) if only this model changed the element, (τ, 1) if others did, too."""
    return (weight * value if vote == _ONE else value), (_ZERO if value == _ZERO else _ONE)


def prepare(merge: Merge) -> Prepared:
    """The factor λᵢ of each model, from counts of its changes."""
    facts = (epsilons(merge),)
    counts = Formula(value=change, vote=presence, share=company)
    marks = [derived(merge, Prepared(counts, one, facts)) for one in np.eye(merge.count)]
    r, alpha = float(merge.settings["r"]), float(merge.settings["alpha"])
    weights = [factor(count(each, 1), count(each, 2), r, alpha) for each in marks]
    formula = Formula(value=change, vote=presence, share=amplified, result=mean_onto_base)
    return Prepared(formula, weights, facts)


def factor(unique: int, shared: int, r: float, alpha: float) -> float:
    """λ of a model, from the numbers of its own and its shared changes."""
    return 1 + r * min(shared / unique, alpha) if unique else 1.0


METHOD = Method(
    spec=MethodSpec(
        name="ramplus_tl",
        title="RAM+ (tensor-local)",
        summary="RAM that amplifies a single model's changes by its ratio of shared to own ones.",
        formula="θ = θ₀ + λᵢτᵢ where only i changed it, else θ₀ + Σ τᵢ/c; λᵢ = 1 + r·min(sᵢ/uᵢ, α)",
        paper="2601.13572",
        base="required",
        parameters=(
            EPSILON,
            ParameterSpec(
                name="r",
                type="float",
                doc="How strongly the changes of a single model are amplified.",
                default=0.1,
                scope="recipe",
            ),
            ParameterSpec(
                name="alpha",
                type="float",
                doc="The largest ratio of shared to own changes that is used.",
                default=0.2,
                minimum=0.0,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
)
