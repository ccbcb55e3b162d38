"""The parts that methods on task vectors share: sign consensus, mixing, rescaling, parameters.

θ = θ₀ + λ · mix(τ̂), with τᵢ = θᵢ − θ₀ and τ̂ᵢ the part of it that a method keeps. A plain mix is
Σ wᵢτ̂ᵢ. Sign consensus (TIES, arXiv 2306.01708) takes only those wᵢτ̂ᵢ whose sign is that of
Σ wᵢτ̂ᵢ; zero counts as plus. With `normalize`, either is divided by the sum of the weights used.
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
    doc="How much this model counts; a negative weight subtracts it.",
    default=1.0,
)
DENSITY = ParameterSpec(
    name="density",
    type="float",
    doc="The share of the task vector's elements that is kept.",
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
    doc="The quantity that rescaling preserves: the expectation (divide by the density, as in the "
    "papers) or a norm of the task vector.",
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
    """The parameter that divides the mix by the sum of the weights used."""
    doc = "Divide by the sum of the weights used."
    return ParameterSpec(name="normalize", type="bool", doc=doc, default=default, scope="recipe")


def rescale(default: bool) -> ParameterSpec:
    """The parameter that scales up the elements that a sparse task vector keeps."""
    doc = "Scale up the elements that are kept, to make up for those that are dropped."
    return ParameterSpec(name="rescale", type="bool", doc=doc, default=default, scope="recipe")


@compilable
def task_vector(theta: Any, base: Any, index: Any, draw: Any, rank: Any) -> Any:
    """τ = θ − θ₀."""
    return theta - base


@compilable
def weighted_vote(value: Any, weight: Any) -> Any:
    """A vote with the weight of the weighted value."""
    return weight * value


@compilable
def counted_vote(value: Any, weight: Any) -> Any:
    """One vote for the sign of the weighted value; no vote for zero."""
    weighted = weight * value
    return _ONE if weighted > _ZERO else (-_ONE if weighted < _ZERO else weighted)


@compilable
def agreeing(value: Any, weight: Any, vote: Any) -> Any:
    """(w·v, w) for a model whose sign is the elected one; a NaN always counts."""
    weighted = weight * value
    disagrees = weighted <= _ZERO if vote >= _ZERO else weighted >= _ZERO
    return (_ZERO if disagrees else weighted), (_ZERO if disagrees else weight)


@compilable
def onto_base(sums: Any, base: Any, index: Any, scale: Any, normalized: Any) -> Any:
    """θ₀ + λ · sum, or θ₀ + λ · sum / mass if normalized and the mass is at least 1e-8."""
    part, mass = sums
    mixed = part / mass if normalized and abs(mass) >= _TINY else part
    return base + scale * mixed


def plain_mix(value: Function, **flags: Any) -> Formula:
    """The weighted sum of what `value` keeps of each task vector."""
    return Formula(value=value, result=onto_base, **flags)


def consensus(value: Function, settings: Values, **flags: Any) -> Formula:
    """The sum, with sign consensus, of what `value` keeps of each task vector."""
    vote = counted_vote if settings["consensus"] == "count" else weighted_vote
    return Formula(value=value, vote=vote, share=agreeing, result=onto_base, **flags)


def merge_facts(settings: Values) -> tuple[Any, ...]:
    """λ and `normalize`, in the form that `onto_base` takes."""
    return np.float32(settings["lambda"]), bool(settings["normalize"])


def with_scale(
    merge: Merge, densities: Sequence[float], formula: Formula, facts: tuple[NDArray[Any], ...]
) -> tuple[NDArray[Any], ...]:
    """Return `facts` and, last, the factor for what is kept, by `rescale` and `rescale_norm`.

    The papers divide by the density. The norms preserve that norm of the whole task vector, unless
    an element is infinite: then the other elements do not change.
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
