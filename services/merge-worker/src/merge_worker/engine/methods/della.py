"""DELLA: drops task-vector elements at random, small ones more often, then merges as in TIES.

An element of τᵢ = θᵢ − θ₀ is kept with a probability that grows linearly with the rank r of its
magnitude among the n elements of its row (last dimension; a vector is one row). The smallest has
r = 0::

    p = d − ε + 2ε · r/(n − 1)   d if the row has only one element

An element that is kept is divided by its p if `rescale`. Then a sign is elected, and the values
with that sign are averaged, as in TIES. Of equals, the one with the lowest index has the highest
rank. The random numbers are those of `engine.randomness`. A density of 1 keeps everything and a
density of 0 nothing, for any ε.

P. T. Deep, R. Bhardwaj, S. Poria, "DELLA-Merging: reducing interference in model merging through
magnitude-based sampling", arXiv 2406.11617.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.task_vectors import (
    CONSENSUS,
    DENSITY,
    HELD_SCALED,
    LAMBDA,
    RESCALE_NORM,
    WEIGHT,
    consensus,
    merge_facts,
    normalize,
    rescale,
    with_scale,
)
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.machine.compilable import compilable
from mergehub.recipe.constraints import Spread
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared, numbers

_ZERO = np.float32(0)

EPSILON = ParameterSpec(
    name="epsilon",
    type="float",
    doc="How far the probability to keep an element goes below and above the density.",
    default=0.15,
)


@compilable
def survivor(
    theta: Any, base: Any, index: Any, draw: Any, rank: Any, lowest: Any, slope: Any, scale: Any
) -> Any:
    """scale · τ if the draw is below the element's probability, else 0."""
    return scale * (theta - base) if draw < lowest + slope * rank else _ZERO


@compilable
def divided_survivor(
    theta: Any, base: Any, index: Any, draw: Any, rank: Any, lowest: Any, slope: Any
) -> Any:
    """τ divided by the element's probability if the draw is below it, else 0."""
    probability = lowest + slope * rank
    return (theta - base) / probability if draw < probability else _ZERO


def pruned(merge: Merge, mix: Callable[..., Formula]) -> Prepared:
    """The probabilities of each model; `mix` makes the formula for the elements kept."""
    densities = numbers(merge.models, "density")
    facts = probabilities(densities, numbers(merge.models, "epsilon"), merge.shape[1])
    if merge.settings["rescale"] and merge.settings["rescale_norm"] == "density":
        formula = mix(divided_survivor, drawn=True, ranked=True)
    else:
        formula = mix(survivor, drawn=True, ranked=True)
        facts = with_scale(merge, densities, formula, facts)
    weights = numbers(merge.models, "weight")
    return Prepared(formula, weights, facts, merge_facts(merge.settings))


def probabilities(
    densities: Sequence[float], epsilons: Sequence[float], columns: int
) -> tuple[NDArray[Any], ...]:
    """Each model's probability at rank 0, and its increase per rank."""
    middle = np.array(densities)
    spread = np.where((middle > 0) & (middle < 1) & (columns > 1), epsilons, 0.0)
    slope = 2 * spread / max(1, columns - 1)
    return (middle - spread).astype(np.float32), slope.astype(np.float32)


def prepare(merge: Merge) -> Prepared:
    """The probabilities; the values with the elected sign count."""
    return pruned(merge, partial(consensus, settings=merge.settings))


PROBABILITIES = Spread(kind="spread", middle="density", by="epsilon")

METHOD = Method(
    spec=MethodSpec(
        name="della",
        title="DELLA",
        summary=(
            "Drops elements of the task vectors at random by the rank of their magnitude, rescales "
            "the rest and merges them with sign consensus."
        ),
        formula="θ = θ₀ + λ Σ_{i: sign = s} wᵢτ̂ᵢ (÷ Σ of their wᵢ), τ̂ᵢ = τᵢ·Bernoulli(p)/p",
        paper="2406.11617",
        base="required",
        seeded=True,
        parameters=(
            WEIGHT,
            DENSITY,
            EPSILON,
            normalize(True),
            LAMBDA,
            CONSENSUS,
            rescale(True),
            RESCALE_NORM,
        ),
        constraints=(PROBABILITIES, HELD_SCALED),
    ),
    prepare=prepare,
)
