"""Which models' embeddings are read; an embedding is a matrix with one row per token."""

from __future__ import annotations

from collections.abc import Sequence

from merge_worker.engine.ingredients.opened import is_vocabulary
from merge_worker.engine.plan import Operand, PlannedTensor


def embedding_readers(tensors: Sequence[PlannedTensor]) -> set[int]:
    """The indices of the models whose embedding rows go into the output."""
    return {
        row.model
        for tensor in tensors
        if is_vocabulary(tensor.name)
        for row in tensor.rows
        if _counts(row)
    }


def embedding_rows(tensors: Sequence[PlannedTensor]) -> int | None:
    """How many rows the output's smallest embedding has, or None if it has no embedding."""
    shapes = [tensor.region.shape for tensor in tensors if is_vocabulary(tensor.name)]
    return min((shape[0] for shape in shapes if shape), default=None)


def _counts(row: Operand) -> bool:
    """Whether an operand affects the result; an operand of weight 0 does not."""
    return row.parameters.get("weight") != 0
