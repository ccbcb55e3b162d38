"""The ranks of elements in their rows, compared with a stable sort."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from merge_worker.engine.arithmetic import ranks
from merge_worker.engine.files.dtypes import F32
from merge_worker.engine.kernels.fill_kernel import TILE
from merge_worker.engine.machine.memory import Memory
from merge_worker.engine.method import Block


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("has_base", [True, False])
def test_ranks_are_of_magnitudes_that_differ_in_their_last_bit(
    monkeypatch: pytest.MonkeyPatch, compiled: bool, has_base: bool
) -> None:
    if not compiled:
        for kernel in (ranks.pack, ranks.unpack):
            monkeypatch.setattr(ranks, kernel.__name__, inspect.unwrap(kernel))
    rng, shape = np.random.default_rng(0), (3, TILE + 500)
    steps = rng.integers(0, 2000, (2, *shape))  # so that some are equal
    tuned = (rng.choice([-1, 1], steps.shape) * (1 + steps * 2.0**-23)).astype(np.float32)
    stored = np.concatenate([0 * tuned[:1], tuned]) if has_base else tuned
    raw = stored.reshape(len(stored), -1).view(np.uint8)
    block = Block(raw, np.full(len(raw), F32), 0, tuned[0].size)
    operands = SimpleNamespace(
        shape=shape, count=2, has_base=has_base, crew=SimpleNamespace(memory=Memory())
    )
    found = ranks.ranks_of(operands, block)  # type: ignore[arg-type]
    descending = list(range(shape[1]))[::-1]
    for model, values in zip(found, tuned, strict=True):
        for row, magnitudes in zip(model.reshape(shape), np.abs(values), strict=True):
            assert row[np.argsort(-magnitudes, kind="stable")].tolist() == descending
