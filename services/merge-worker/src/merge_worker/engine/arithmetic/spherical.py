"""The arithmetic that the spherical methods share: cosines and linear combinations.

A tensor is treated as one long vector, or as one vector for each of its rows or columns. The result
of every method on the sphere is in the span of the models' vectors. So it is a linear combination,
and the scalar products alone determine its coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.kernels.formula import Along, Formula
from merge_worker.engine.machine.compilable import compilable
from merge_worker.engine.method import Merge, Prepared

from .task_vectors import task_vector

Array = NDArray[np.float64]


@compilable
def added(sums: Any, base: Any, index: Any) -> Any:
    """θ₀ + the first sum."""
    return base + sums[0]


def combination(
    merge: Merge, coefficients: Sequence[float] | Array, along: Along | None = None
) -> Prepared:
    """Σ cᵢθᵢ, or θ₀ + Σ cᵢτᵢ if there is a base; with `along`, one row of cᵢ for each line."""
    formula = Formula(value=task_vector, result=added) if merge.has_base else Formula()
    return Prepared(formula, coefficients, along=along)


def norms_of(products: Array) -> Array:
    """The lengths of the vectors whose scalar products (models, models) are given."""
    return np.sqrt(np.diagonal(products))


def cosines(products: Array) -> Array:
    """The cosines of all pairs of vectors, from their scalar products (…, models, models).

    The cosine is 0 if either vector has length 0 or an infinite or undefined element.
    """
    squares = np.diagonal(products, axis1=-2, axis2=-1)
    # The root of the product, not the product of roots: so parallel vectors give exactly ±1.
    lengths = np.sqrt(squares[..., :, None] * squares[..., None, :])
    sound = np.isfinite(products) & np.isfinite(lengths) & (lengths > 0)
    found = np.divide(products, lengths, out=np.zeros_like(products), where=sound)
    return np.clip(found, -1, 1)
