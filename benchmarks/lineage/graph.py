"""A graph of models as large as a hub's, with the degrees of real edges.

The degrees come from 1,212 edges that others published: 324 of 487 parents have one child, the most
used has 91; among the models with several parents, half have two and one has 33. A parent is taken
from an earlier edge three times in four, so that what is used much is used more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

ROOTS = 2_000
FIRST = 8
"""Models without parents, and those of them that the first models came from."""

MERGES = 0.54
"""The share of models with several parents, so that a model has 2.5 parents on average."""
PARENTS = np.repeat((2, 3, 4, 5, 6, 7, 12, 33), (28, 13, 16, 3, 3, 3, 1, 1))
COPIED = 0.75
STEP = 1.1
"""The graph grows by a tenth at a time; the models of a step come from those before it."""

RELATIONS = ("finetune", "adapter", "quantized", "distilled", "unknown")
METHODS = ("linear", "slerp", "ties", "dare_ties", "task_arithmetic", "passthrough", "della")
LICENCES = ("apache-2.0", "mit", "llama3.1", "gemma", "cc-by-nc-4.0", "other")
ARCHITECTURES = ("llama", "qwen2", "mistral", "gemma2", "phi3")
DAYS = 1_000


@dataclass(frozen=True)
class Made:
    """Edges as two columns of model numbers, and whether each comes from a merge."""

    models: int
    child: Numbers
    parent: Numbers
    merge: NDArray[np.bool_]


def make(models: int, seed: int = 0) -> Made:
    """A graph without cycles: every parent has a lower number than its child."""
    draw = np.random.default_rng(seed)
    roots = min(ROOTS, max(1, models // 100))
    children, parents = [np.empty(0, np.int64)], [np.arange(FIRST, dtype=np.int64)]
    merges = [np.empty(0, bool)]
    born = roots
    while born < models:
        end = min(models, max(born + 1, int(born * STEP)))
        child, parent, merge = _step(draw, born, end, np.concatenate(parents))
        children.append(child)
        parents.append(parent)
        merges.append(merge)
        born = end
    return Made(
        models, np.concatenate(children), np.concatenate(parents[1:]), np.concatenate(merges)
    )


def _step(
    draw: np.random.Generator, born: int, end: int, used: Numbers
) -> tuple[Numbers, Numbers, NDArray[np.bool_]]:
    """The edges of the models from `born` to `end`, each pair once."""
    new = np.arange(born, end)
    several = draw.random(new.size) < MERGES
    counts = np.where(several, draw.choice(PARENTS, new.size), 1)
    child = np.repeat(new, counts)
    copied = draw.random(child.size) < COPIED
    parent = np.where(
        copied, used[draw.integers(0, used.size, child.size)], draw.integers(0, born, child.size)
    )
    pairs = np.unique(child * np.int64(2**32) + parent)
    child, parent = pairs >> 32, pairs & (2**32 - 1)
    return child, parent, several[child - born]


def ladder(layers: int = 60, width: int = 3) -> tuple[Numbers, Numbers]:
    """Layers of models, each merged from all models of the layer below."""
    steps = [
        (layer * width + upper, (layer - 1) * width + lower)
        for layer in range(1, layers)
        for upper in range(width)
        for lower in range(width)
    ]
    child, parent = np.array(steps, np.int64).T
    return child, parent
