"""The shapes of 200 real recipes that people published, as counts: no text of theirs is here.

A shape is a method, what the recipe lists, how many models it names with its base, whether it has
one, and how many different values each parameter has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Shape:
    """A shape, and how many recipes of the 200 have it or one much like it."""

    share: int
    method: str
    form: Literal["models", "slices"]
    models: int
    based: bool
    values: dict[str, int]


SPARSE = {"density": 1, "lambda": 1, "normalize": 1, "rescale": 1}

SHAPES = (
    Shape(29, "dare_ties", "models", 3, True, {**SPARSE, "weight": 2}),
    Shape(9, "dare_ties", "models", 3, True, {**SPARSE, "weight": 1}),
    Shape(8, "dare_ties", "models", 4, True, {**SPARSE, "density": 2, "weight": 2}),
    Shape(6, "dare_ties", "models", 6, True, {**SPARSE, "density": 2, "weight": 3}),
    Shape(4, "dare_linear", "models", 3, True, {**SPARSE, "weight": 1}),
    Shape(17, "slerp", "slices", 2, True, {"t": 5}),
    Shape(8, "slerp", "slices", 2, False, {"t": 1}),
    Shape(14, "slerp", "models", 2, True, {"t": 1}),
    Shape(3, "nuslerp", "models", 2, False, {"weight": 1}),
    Shape(9, "task_arithmetic", "models", 3, True, {"lambda": 1, "normalize": 1, "weight": 2}),
    Shape(11, "task_arithmetic", "models", 3, True, {"lambda": 1, "normalize": 1, "weight": 1}),
    Shape(5, "task_arithmetic", "models", 5, True, {"lambda": 1, "normalize": 1, "weight": 1}),
    Shape(15, "passthrough", "slices", 2, False, {"scale": 1}),
    Shape(14, "linear", "models", 2, False, {"normalize": 1, "weight": 2}),
    Shape(8, "linear", "models", 3, False, {"normalize": 1, "weight": 3}),
    Shape(14, "ties", "models", 3, True, {**SPARSE, "weight": 1}),
    Shape(8, "ties", "models", 5, True, {**SPARSE, "density": 4, "weight": 4}),
    Shape(8, "della_linear", "models", 3, True, {**SPARSE, "epsilon": 1, "weight": 2}),
    Shape(3, "della", "models", 3, True, {**SPARSE, "epsilon": 1, "weight": 2}),
    Shape(4, "sce", "models", 3, True, {"select_topk": 1}),
    Shape(3, "breadcrumbs_ties", "models", 6, True, {**SPARSE, "gamma": 1, "weight": 2}),
    Shape(3, "model_stock", "models", 5, True, {"filter_wise": 1}),
    Shape(1, "arcee_fusion", "models", 2, True, {}),
)

VALUES: dict[str, tuple[float, ...]] = {
    "density": (1.0, 0.5, 0.8, 0.6, 0.7, 0.9, 0.3, 0.53, 0.33, 0.25, 0.1),
    "weight": (1.0, 0.5, 0.3, 0.4, 0.8, 0.25, 0.85, 0.2, 0.6, 0.7, 0.75, 0.33, 0.1, 0.15, 0.9),
    "t": (0.5, 0.3, 0.7, 0.0, 1.0, 0.4, 0.6, 0.55, 0.45, 0.9),
    "lambda": (1.0, 1.1, 0.9, 0.5),
    "normalize": (0.0, 1.0),
    "rescale": (1.0, 0.0),
    "epsilon": (0.1, 0.05, 0.2),
    "gamma": (0.01, 0.02),
    "scale": (1.0, 0.5),
    "select_topk": (0.1, 0.15, 0.5),
    "filter_wise": (0.0, 1.0),
}
"""Values of parameters, the most frequent first."""
