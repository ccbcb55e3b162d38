"""The bytes that merges hold on a device are counted where they are allocated.

The cases run in numba's simulator, in one process of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from merge_worker.engine.cuda.held import Held

STEPS = {
    "a buffer": (100, 100),
    "the same use, smaller": (100, 100),
    "the same use, larger: the old one goes first": (300, 300),
    "another use, of four bytes an element": (500, 500),
    "ten float64 beside the blocks": (580, 580),
    "they are freed": (500, 580),
    "what the limit refuses": (200, 580),
    "memory was refused: all buffers go": (0, 580),
    "a second thread": (700, 700),
    "that thread ended": (300, 700),
    "the merge ended": (0, 700),
}
"""What is held after each step, and the most so far."""


def simulate() -> dict[str, list[int]]:
    from merge_worker.engine.cuda.held import HELD

    return {name: [HELD.now, HELD.most] for name, _ in zip(STEPS, steps(), strict=True)}


def steps() -> Iterator[None]:
    """What a merge does with a device of which it may use 1000 bytes; each yield ends a step."""
    import numpy as np

    from merge_worker.engine.cuda.device import open_device
    from merge_worker.engine.errors import DeviceMemoryError

    device: Any = open_device("cuda", 1000)
    lane = device.lane()
    lane.room("operands", (100,), np.uint8)
    yield
    lane.room("operands", (2, 10), np.uint8)
    yield
    lane.room("operands", (300,), np.uint8)
    yield
    lane.room("out", (50,), np.float32)
    yield
    beside = lane.kept(np.zeros(10, np.float64))
    yield
    del beside
    yield
    with suppress(DeviceMemoryError), device.errors():
        lane.room("operands", (1000,), np.uint8)
    yield
    device.lane()
    yield
    lane.room("operands", (300,), np.uint8)
    with ThreadPoolExecutor(1) as second:
        second.submit(of_its_own, device).result()
        yield
    yield
    del lane, device
    yield


def of_its_own(device: Any) -> None:
    device.lane().room("out", (400,), "u1")


@pytest.fixture(scope="module")
def counted() -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return dict(json.loads(found.stdout))


@pytest.mark.process
@pytest.mark.parametrize("name", STEPS)
def test_what_is_held_on_the_device_is_counted(counted: dict[str, Any], name: str) -> None:
    assert tuple(counted[name]) == STEPS[name]


def test_threads_count_together() -> None:
    class Array:
        size = 10

        class dtype:
            itemsize = 8

    held = Held()

    def work() -> None:
        for _ in range(1000):
            held.until_freed(Array())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert held.now == 0
    assert 80 <= held.most <= 8 * 80


if __name__ == "__main__":
    json.dump(simulate(), sys.stdout)
