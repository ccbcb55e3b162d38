"""Models as answers name them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lineage.answers import schemas
from lineage.memory.graph import Graph


def named(graph: Graph, models: Sequence[int]) -> list[schemas.Named]:
    """The models with these numbers, in the same order."""
    numbers = np.array(models, np.int32)
    pairs = zip(graph.ids(numbers), graph.names_of(numbers), strict=True)
    return [schemas.Named(id=id, name=name) for id, name in pairs]


def named_one(graph: Graph, model: int) -> schemas.Named:
    """The model with this number."""
    return schemas.Named(id=graph.id(model), name=graph.name(model))
