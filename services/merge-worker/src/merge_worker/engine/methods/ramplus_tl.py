"""RAM+ (tensor-local): RAM that amplifies what one model changed alone.

As in RAM an element of model i is changed if |τᵢ| > ε, τᵢ = θᵢ − θ₀, and what several models
changed is averaged. What only model i changed is scaled, in each tensor by itself::

    λᵢ = 1 + r · min(sᵢ / uᵢ, α)
    θ = θ₀ + λᵢτᵢ where only i changed, θ₀ + Σ_{i: changed} τᵢ / c where c > 1 did

with uᵢ the number of elements of the tensor that i changed alone, and sᵢ those that others changed
too: it makes up for what a model loses where it is averaged.

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
    """Of the model whose weight is 1: 1 where it changed the element alone, 2 where others did."""
    return (_ZERO if value == _ZERO else weight * min(vote, _TWO)), _ZERO


@compilable
def amplified(value: Any, weight: Any, vote: Any) -> Any:
    """(λ · τ, 1) where this model alone changed the element, (τ, 1) where others did too."""
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
    """λ of a model, from the number of its own and of its shared changes."""
    return 1 + r * min(shared / unique, alpha) if unique else 1.0


METHOD = Method(
    spec=MethodSpec(
        name="ramplus_tl",
        title="RAM+ (tensor-local)",
        summary="RAM with the changes of single models scaled up by how many others share theirs.",
        formula="θ = θ₀ + λᵢτᵢ where only i changed it, else θ₀ + Σ τᵢ/c; λᵢ = 1 + r·min(sᵢ/uᵢ, α)",
        paper="2601.13572",
        base="required",
        parameters=(
            EPSILON,
            ParameterSpec(
                name="r",
                type="float",
                doc="How strongly a single model's changes are amplified.",
                default=0.1,
                scope="recipe",
            ),
            ParameterSpec(
                name="alpha",
                type="float",
                doc="The largest ratio of shared to own changes that counts.",
                default=0.2,
                minimum=0.0,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
)
