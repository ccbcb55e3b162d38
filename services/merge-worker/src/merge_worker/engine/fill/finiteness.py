"""Counts elements that are not finite, in the ingredients and in the output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from merge_worker.engine.errors import NotFiniteError
from merge_worker.engine.files.dtypes import TO_TORCH_NAME
from merge_worker.engine.kernels.fill_kernel import MADE
from merge_worker.engine.method import Block
from merge_worker.engine.output.journal import Finished
from merge_worker.engine.plan import Plan, PlannedTensor

from .operands import TensorMerge

KINDS: Final = ("infinite", "nan", "overflowed")
"""The counts of an output tensor: elements that are infinite, that are not a number, and that
are infinite only because the output's type cannot hold them. A block's counts end with these.
"""
SENTENCES: Final = 10
"""How many tensors get a sentence of their own."""

_FLOATS: Final = {
    "BF16": np.uint16(0x7F80),
    "F16": np.uint16(0x7C00),
    "F32": np.uint32(0x7F80_0000),
    "F64": np.uint64(0x7FF0_0000_0000_0000),
}
"""The bits of infinity by element type, as an integer. Larger bits are NaN."""

Counts = Sequence[int]


def counter_of_copies(dtype: str) -> Callable[[Block], list[int]]:
    """Return a function that counts in copied blocks, as the compiled loop does in others."""
    if dtype not in _FLOATS:
        return lambda block: []
    infinity: Any = _FLOATS[dtype]
    kind = infinity.dtype
    magnitude = ~kind.type(0) >> kind.type(1)
    signed = np.dtype(f"i{kind.itemsize}")

    def count(block: Block) -> list[int]:
        stored = block.raw[0].view(kind)[: block.size]
        # As integers: the largest positive and the largest negative one.
        largest = stored.view(signed).max(initial=0), stored.max(initial=0) & magnitude
        if max(largest) < infinity:
            return [0, 0, 0, 0]
        magnitudes = stored & magnitude
        infinite = int(np.count_nonzero(magnitudes == infinity))
        nan = int(np.count_nonzero(magnitudes > infinity))
        return [infinite + nan, infinite, nan, 0]

    return count


def found_in(merge: TensorMerge, tensor: PlannedTensor, blocks: Sequence[Counts]) -> dict[str, int]:
    """How many elements of each model were infinite or not a number, if any were."""
    found: dict[str, int] = {}
    stored = [(operand.model, operand.tensor) for operand in tensor.rows]
    for counts in blocks:
        for place, count in enumerate(counts[:-MADE]):
            operand = tensor.rows[place]
            if count and stored.index(stored[place]) == place:  # a model may be listed twice
                reference = merge.reference(operand)
                found[reference] = found.get(reference, 0) + count
    return found


def made_of(blocks: Sequence[Counts]) -> dict[str, int]:
    """How many elements of the output are not finite, by kind, if any are."""
    sums = [sum(column) for column in zip(*(counts[-MADE:] for counts in blocks), strict=True)]
    return {kind: count for kind, count in zip(KINDS, sums, strict=False) if count}


def check_finite(tensor: PlannedTensor, finished: Finished) -> None:
    """Check that a tensor and the tensors it was made from are finite.

    Raises:
        NotFiniteError: they are not.
    """
    if finished.nonfinite:
        counts = ", ".join(f"{count} in {model}" for model, count in finished.nonfinite.items())
        raise NotFiniteError(
            f"{tensor.name!r} has elements that are, read as float32, infinite or not a number: "
            f"{counts} (of {tensor.region.size})"
        )
    if finished.made:
        raise NotFiniteError(sentence(tensor.name, finished.made, tensor.region.dtype))


def found_sentence(plan: Plan, name: str, counts: Mapping[str, int]) -> str:
    """Say how many elements of the models are not finite in a tensor, read as in the arithmetic."""
    rows = [row for tensor in plan.tensors if tensor.name == name for row in tensor.rows]
    wide = any(row.region.dtype == "F64" for row in rows) and name not in plan.copied
    read = " read as float32, which holds numbers below 3.4e38" if wide else ""
    listed = ", ".join(f"{count} in {model}" for model, count in counts.items())
    return f"Not finite in {name}{read}: {listed}"


def sentence(name: str, made: Mapping[str, int], dtype: str) -> str:
    """Say what is not finite in a tensor of the output."""
    infinite, nan, overflowed = (made.get(kind, 0) for kind in KINDS)
    parts = []
    if infinite:
        beyond = f" ({overflowed} of them too large for {_type(dtype)})" if overflowed else ""
        parts.append(f"infinite in {infinite}{beyond}")
    if nan:
        parts.append(f"not a number in {nan}")
    return f"The output's {name} is {' and '.join(parts)} of its elements."


def sentences(plan: Plan, made: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Say what is not finite in the output, tensor by tensor unless there are too many."""
    types = {tensor.name: tensor.region.dtype for tensor in plan.tensors}
    said = [sentence(name, made[name], types[name]) for name in list(made)[:SENTENCES]]
    if len(made) > SENTENCES:
        said.append(f"{len(made) - SENTENCES} more tensors of the output are not finite.")
    return said


def _type(dtype: str) -> str:
    return TO_TORCH_NAME.get(dtype, dtype)
