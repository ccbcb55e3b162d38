"""Counts elements of tensors that a formula computes (`gather.derived`)."""

from __future__ import annotations

import numpy as np

from merge_worker.engine.method import Block, Operands


def count(operands: Operands, value: float) -> int:
    """How many elements of the only model have this value, compared in float32."""

    def work(block: Block) -> int:
        (values,) = block.raw
        return int(np.count_nonzero(values.view(np.float32)[: block.size] == value))

    return sum(operands.sweep(work))
