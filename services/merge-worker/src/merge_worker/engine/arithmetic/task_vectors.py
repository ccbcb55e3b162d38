"""What the methods on task vectors share: their parameters, their mixing, their rescaling.

θ = θ₀ + λ · mix(τ̂) with τᵢ = θᵢ − θ₀ and τ̂ᵢ what a method leaves of it. A plain mix is Σ wᵢτ̂ᵢ;
sign consensus (TIES, arXiv 2306.01708) takes only those wᵢτ̂ᵢ whose sign is that of Σ wᵢτ̂ᵢ, zero
counting as plus. Either is divided by the weights that took part if `normalize`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import Function, compilable
from merge_worker.engine.method import Merge, Values
from mergehub.recipe.constraints import HeldByFloat32
from mergehub.recipe.methods import ParameterSpec

from .gather import norms

_ZERO = np.float32(0)
_ONE = np.float32(1)
_TINY = np.float32(1e-8)

WEIGHT = ParameterSpec(
    name="weight",
    type="float",
    doc="How much this model counts; a negative weight takes away.",
    default=1.0,
)
DENSITY = ParameterSpec(
    name="density",
    type="float",
    doc="The fraction of the task vector's elements that is kept.",
    default=1.0,
    minimum=0.0,
    maximum=1.0,
)
LAMBDA = ParameterSpec(
    name="lambda",
    type="float",
    doc="Scales the merged task vector before it is added to the base.",
    default=1.0,
    scope="recipe",
)
HELD_SCALED = HeldByFloat32(
    kind="held-by-float32", parameter="weight", times="lambda", when="normalize"
)
RESCALE_NORM = ParameterSpec(
    name="rescale_norm",
    type="str",
    doc="What rescaling preserves: the expectation (divide by the density, as in the papers) "
    "or a norm of the tensor.",
    default="density",
    choices=("density", "l1", "l2", "linf"),
    scope="recipe",
)

CONSENSUS = ParameterSpec(
    name="consensus",
    type="str",
    doc="Elect each element's sign by the weighted sum or by the number of models.",
    default="sum",
    choices=("sum", "count"),
    scope="recipe",
)


def normalize(default: bool) -> ParameterSpec:
    """Whether the mix is divided by the sum of the weights that take part."""
    doc = "Divide by the sum of the weights that take part."
    return ParameterSpec(name="normalize", type="bool", doc=doc, default=default, scope="recipe")


def rescale(default: bool) -> ParameterSpec:
    """Whether what a sparse task vector keeps is scaled up."""
    doc = "Scale up what is kept to make up for what is dropped."
    return ParameterSpec(name="rescale", type="bool", doc=doc, default=default, scope="recipe")


@compilable
def task_vector(theta: Any, base: Any, index: Any, draw: Any, rank: Any) -> Any:
    """τ = θ − θ₀."""
    return theta - base


@compilable
def weighted_vote(value: Any, weight: Any) -> Any:
    """A vote as heavy as the weighted value."""
    return weight * value


@compilable
def counted_vote(value: Any, weight: Any) -> Any:
    """One vote for the sign of the weighted value; none for zero."""
    weighted = weight * value
    return _ONE if weighted > _ZERO else (-_ONE if weighted < _ZERO else weighted)


@compilable
def agreeing(value: Any, weight: Any, vote: Any) -> Any:
    """(w·v, w) from those whose sign is the elected one; NaN always takes part."""
    weighted = weight * value
    disagrees = weighted <= _ZERO if vote >= _ZERO else weighted >= _ZERO
    return (_ZERO if disagrees else weighted), (_ZERO if disagrees else weight)


@compilable
def onto_base(sums: Any, base: Any, index: Any, scale: Any, normalized: Any) -> Any:
    """θ₀ + λ · part, or λ · part / mass; a mass below 1e-8 divides nothing."""
    part, mass = sums
    mixed = part / mass if normalized and abs(mass) >= _TINY else part
    return base + scale * mixed


def plain_mix(value: Function, **flags: Any) -> Formula:
    """The weighted sum of what `value` leaves of each task vector."""
    return Formula(value=value, result=onto_base, **flags)


def consensus(value: Function, settings: Values, **flags: Any) -> Formula:
    """Mixing with sign consensus of what `value` leaves of each task vector."""
    vote = counted_vote if settings["consensus"] == "count" else weighted_vote
    return Formula(value=value, vote=vote, share=agreeing, result=onto_base, **flags)


def merge_facts(settings: Values) -> tuple[Any, ...]:
    """λ and `normalize`, as `onto_base` takes them."""
    return np.float32(settings["lambda"]), bool(settings["normalize"])


def with_scale(
    merge: Merge, densities: Sequence[float], formula: Formula, facts: tuple[NDArray[Any], ...]
) -> tuple[NDArray[Any], ...]:
    """`facts` and, last, the factor on what is kept, as `rescale` and `rescale_norm` say.

    The papers divide by the density; the norms keep that norm of the whole task vector, where it
    has one: an infinite element leaves the others as they are.
    """
    scale = np.ones(len(densities), np.float32)
    if merge.settings["rescale"] and min(densities) < 1:
        scale = _scale(merge, densities, formula, (*facts, scale))
    return (*facts, scale)


def _scale(
    merge: Merge, densities: Sequence[float], formula: Formula, facts: tuple[NDArray[Any], ...]
) -> NDArray[np.float32]:
    norm = str(merge.settings["rescale_norm"])
    if norm == "density":
        return np.array([1 / density if density else 1 for density in densities], np.float32)
    column = ("l1", "l2", "linf").index(norm)
    whole = norms(merge, Formula(value=task_vector), ())[:, column]
    kept = norms(merge, formula, facts)[:, column]
    defined = np.isfinite(whole) & np.isfinite(kept) & (kept > 0)
    return np.divide(whole, kept, out=np.ones_like(whole), where=defined).astype(np.float32)
