"""Filling output tensors on a CUDA device: blocks go there and come back, bit for bit the same.

The threads of a merge take blocks as they do without a device. Each has a stream of its own and
reads its operands from disk into pinned memory, so that one thread's copies overlap another's
arithmetic. What a method gathers beforehand (`engine.gather`) and the ranks of elements are
computed by the processor.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from merge_worker.engine.errors import DeviceError, EngineError

BLOCK: Final = 1 << 22
"""Elements of a block unless asked otherwise: enough that its copies outlast starting them."""
THREADS: Final = 2
"""Threads at least: one's copies overlap the other's arithmetic."""

_NAME: Final = re.compile(r"cuda(?::(\d+))?")
_INSTALL: Final = "pip install 'mergehub-worker[cuda]'"


def open_device(name: str) -> Device | None:
    """The device of this name, "cuda" or "cuda:N"; None for "cpu".

    Raises:
        EngineError: no device is called so.
        DeviceError: there is no such device, or what it takes to use it is not installed.
    """
    if name == "cpu":
        return None
    found = _NAME.fullmatch(name)
    if not found:
        raise EngineError(f"{name!r} is not a device: give cpu, cuda or cuda:1 (the second GPU)")
    number, count = int(found[1] or 0), _count()
    if number >= count:
        raise DeviceError(f"there is no {name!r}: the GPUs here are cuda:0 to cuda:{count - 1}")
    return Device(number)


def label(name: str) -> str:
    """What to call this device in a record: "cpu", or the GPU's model and its number.

    Raises:
        DeviceError: as `open_device` does.
    """
    device = open_device(name)
    if device is None:
        return name
    model = "numba's simulator" if simulated() else _text(_numba().gpus[device.number].name)
    return f"cuda:{device.number} ({model})"


def _text(name: str | bytes) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name


def _count() -> int:
    """How many GPUs can be used, at least one."""
    cuda = _numba()
    if simulated():
        return 1
    if getattr(cuda, "implementation", "Built-in") == "Built-in":
        raise DeviceError(f"numba-cuda is not installed: {_INSTALL}")
    try:
        count = len(cuda.gpus)
    except ImportError as error:  # numba's word for a driver that is missing or does not start
        reason = " ".join(str(error).split()).strip(": ")
        raise DeviceError(f"no GPU can be used ({reason}): install NVIDIA's driver") from None
    if not count:
        raise DeviceError("no GPU was found")
    if not cuda.is_available():
        raise DeviceError(f"NVIDIA's compiler NVVM is not installed: {_INSTALL}")
    return count


def _numba() -> Any:
    try:
        from numba import cuda as found
    except ImportError as error:
        raise DeviceError(f"numba-cuda cannot be used ({error}): {_INSTALL}") from None
    cuda: Any = found
    cuda.config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # nobody chose how small a tensor is
    return cuda


def simulated() -> bool:
    """Whether numba's simulator stands in for a GPU (NUMBA_ENABLE_CUDASIM)."""
    return bool(_numba().config.ENABLE_CUDASIM)


class Device:
    """A GPU and the memory that is set aside for the blocks under way, on it and beside it."""

    def __init__(self, number: int) -> None:
        """`number` counts from 0."""
        self.number = number
        self._cuda = _numba()
        self._lanes = threading.local()
        # A kernel is started in a moment; numba's simulator can only run one at a time.
        self.starting = threading.Lock()

    def lane(self) -> Lane:
        """The calling thread's own."""
        lane: Lane | None = getattr(self._lanes, "lane", None)
        if lane is None:
            self._cuda.select_device(self.number)
            lane = self._lanes.lane = Lane(self._cuda)
        return lane

    def pinned(self, size: int) -> NDArray[np.uint8]:
        """Bytes that the device copies from while the processor works on."""
        with self.errors():
            self.lane()
            pinned: NDArray[np.uint8] = self._cuda.pinned_array(size, np.uint8)
            return pinned

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What the driver reports, as errors of the engine."""
        from numba.cuda.cudadrv.driver import CudaAPIError

        try:
            yield
        except CudaAPIError as error:
            raise DeviceError(
                f"cuda:{self.number} failed: {error}. If it is short of memory, merge with fewer "
                "threads"
            ) from error


class Lane:
    """A thread's stream and its buffers, which grow to the largest block and are used again."""

    def __init__(self, cuda: Any) -> None:
        self._cuda = cuda
        self._held: dict[str, Any] = {}
        self.stream = cuda.stream()

    def room(self, use: str, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """An array on the device for one use, with whatever is in it."""
        count = math.prod(shape)
        flat = self._held.get(use)
        if flat is None or flat.size < count:
            self._held.pop(use, None)
            flat = self._held[use] = self._cuda.device_array(count, dtype, stream=self.stream)
        return flat[:count].reshape(*shape)

    def sent(self, use: str, array: NDArray[Any]) -> Any:
        """An array on its way to the device."""
        room = self.room(use, array.shape, array.dtype)
        room.copy_to_device(array, stream=self.stream)
        return room

    def kept(self, array: NDArray[Any]) -> Any:
        """An array on its way to a place of its own on the device."""
        return self._cuda.to_device(array, stream=self.stream)

    def host(self, size: int) -> NDArray[np.uint8]:
        """So many bytes of pinned memory for what comes back, until the next block."""
        held: NDArray[np.uint8] | None = self._held.get("host")
        if held is None or held.size < size:
            held = self._held["host"] = self._cuda.pinned_array(size, np.uint8)
        return held[:size]
