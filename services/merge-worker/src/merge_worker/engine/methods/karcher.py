"""Karcher mean: the point on the unit sphere with the least sum of squared distances to the models.

The directions uᵢ = θᵢ/‖θᵢ‖ are those of the whole, flattened tensors. All count the same::

    u ← Σ uᵢ / ‖Σ uᵢ‖           the start
    v = mean of φᵢ/sin φᵢ · (uᵢ − u cos φᵢ), cos φᵢ = u·uᵢ    the mean of the logarithms at u
    u ← u cos‖v‖ + v sin‖v‖/‖v‖                         until ‖v‖ ≤ `tol`, or `max_iter` times

and θ = u · mean of ‖θᵢ‖. A model whose tensor is zero has no direction, but its length counts. An
antipode has no logarithm and no effect. If the directions cancel out from the start, the first one
is the mean. Every iterate is a linear combination of the uᵢ, so the iteration works on
coefficients: the tensors are read twice, for any number of steps. Tensors with infinite or
undefined elements are averaged linearly.

H. Karcher, "Riemannian center of mass and mollifier smoothing", Comm. Pure Appl. Math. 30 (1977);
J. Wang, Z. Ye, W. Yin, "Functionality-oriented LLM merging on the Fisher-Rao manifold", arXiv
2603.04972.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.arithmetic.gather import gram
from merge_worker.engine.arithmetic.spherical import combination, cosines, norms_of
from mergehub.recipe.methods import MethodSpec, ParameterSpec

from ..method import Merge, Method, Prepared

RESOLVED = 1e-7
"""Lengths and sines below this are rounding errors of float64 scalar products."""

Array = NDArray[np.float64]


def prepare(merge: Merge) -> Prepared:
    """The coefficients of the models, from their scalar products."""
    products, count = gram(merge), len(merge.models)
    norms = norms_of(products)
    if not np.isfinite(norms).all() or not norms.any():
        return combination(merge, [1 / count] * count)
    there = np.flatnonzero(norms)
    steps, tol = int(merge.settings["max_iter"]), float(merge.settings["tol"])
    coefficients = np.zeros(count)
    coefficients[there] = direction(cosines(products)[np.ix_(there, there)], steps, tol)
    coefficients[there] *= norms.mean() / norms[there]
    return combination(merge, coefficients)


def direction(cosine: Array, steps: int, tol: float) -> Array:
    """The mean direction, as coefficients of the unit vectors with these cosines."""
    mean = np.ones(len(cosine))
    if _length(mean, cosine) / len(mean) <= RESOLVED:
        mean[1:] = 0
    mean /= _length(mean, cosine)
    for _ in range(steps):
        tangent = _mean_logarithm(mean, cosine)
        length = _length(tangent, cosine)
        if length <= tol:
            break
        mean = math.cos(length) * mean + math.sin(length) / length * tangent
        mean /= _length(mean, cosine)
    return mean


def _mean_logarithm(mean: Array, cosine: Array) -> Array:
    dots = np.clip(cosine @ mean, -1, 1)
    sines = np.sqrt(1 - dots * dots)
    near, antipode = sines <= RESOLVED, (sines <= RESOLVED) & (dots < 0)
    angles = np.array([math.acos(dot) for dot in dots])
    factors = np.divide(angles, sines, out=np.ones_like(sines), where=~near)
    factors[antipode] = 0
    logarithm: Array = (factors - (factors @ dots) * mean) / len(dots)
    return logarithm


def _length(vector: Array, cosine: Array) -> float:
    return math.sqrt(max(0.0, float(vector @ cosine @ vector)))


METHOD = Method(
    spec=MethodSpec(
        name="karcher",
        title="Karcher mean",
        summary="The mean of the models' directions on the sphere, at their mean length.",
        formula="θ = u · mean ‖θᵢ‖, u = argmin Σ arccos²(u·θᵢ/‖θᵢ‖)",
        paper="2603.04972",
        base="member",
        min_models=2,
        parameters=(
            ParameterSpec(
                name="max_iter",
                type="int",
                doc="The most steps; 0 gives the normalised mean of the directions.",
                default=10,
                minimum=0.0,
                scope="recipe",
            ),
            ParameterSpec(
                name="tol",
                type="float",
                doc="The length of a step, in radians, at which the iteration ends.",
                default=1e-5,
                minimum=0.0,
                scope="recipe",
            ),
        ),
    ),
    prepare=prepare,
)
