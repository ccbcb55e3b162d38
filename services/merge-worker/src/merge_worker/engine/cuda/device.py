"""Filling output tensors on a CUDA device, block by block, bit for bit as on the CPU.

The threads of a merge take blocks as they do without a device. Each thread has a stream of its own
and reads its operands from disk into pinned memory, so that its copies overlap another thread's
arithmetic. The CPU computes what a method gathers in advance (`engine.gather`) and the ranks of
elements. The blocks in flight keep to the memory that is free when the device is opened, or to the
limit that the caller sets.
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

from merge_worker.engine.errors import DeviceError, DeviceMemoryError, EngineError

from .held import HELD
from .memory import DeviceMemory

BLOCK: Final = 1 << 22
"""The default elements of a block: enough that copying takes longer than starting the copy."""
THREADS: Final = 2
"""The fewest threads: the copies of one overlap the arithmetic of the other."""

_NAME: Final = re.compile(r"cuda(?::(\d+))?")
_LIBRARIES: Final = ("numba.cuda.", "numba_cuda.", "cuda.")
"""Modules of numba-cuda and of NVIDIA's bindings, which define a dozen kinds of errors."""
_OUT_OF_MEMORY: Final = "CUDA_ERROR_OUT_OF_MEMORY"
_INSTALL: Final = "pip install 'mergehub-worker[cuda]'"


def open_device(name: str, limit: int | None = None) -> Device | None:
    """Return the device of this name, "cuda" or "cuda:N", or None for "cpu".

    `limit` is how many bytes of its memory may be used; without it, most of what is free.

    Raises:
        EngineError: the name is not a device's.
        DeviceError: the device does not exist, or its software is not installed.
    """
    if name == "cpu":
        return None
    found = _NAME.fullmatch(name)
    if not found:
        raise EngineError(f"{name!r} is not a device: use cpu, cuda or, for the second GPU, cuda:1")
    number, count = int(found[1] or 0), _count()
    if number >= count:
        raise DeviceError(f"there is no device {name!r}: the GPUs are cuda:0 to cuda:{count - 1}")
    return Device(number, limit)


def label(name: str) -> str:
    """The name of a device for a record: "cpu", or the GPU's number and model.

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
    except ImportError as error:  # numba's error for a driver that is missing or does not start
        reason = " ".join(str(error).split()).strip(": ")
        raise DeviceError(f"no GPU can be used ({reason}): install the NVIDIA driver") from None
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
    cuda.config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # a tensor's size is not the user's choice
    return cuda


def simulated() -> bool:
    """Whether numba simulates the GPU (NUMBA_ENABLE_CUDASIM)."""
    return bool(_numba().config.ENABLE_CUDASIM)


class Device:
    """A GPU, and the memory on it and on the host for the blocks in flight."""

    def __init__(self, number: int, limit: int | None = None) -> None:
        """`number` counts from 0; `limit` is how many bytes of its memory may be used.

        Raises:
            DeviceError: the GPU does not start.
        """
        self.number = number
        self._cuda = _numba()
        self._lanes = threading.local()
        # Starting a kernel takes a moment only; numba's simulator can run only one at a time.
        self.starting = threading.Lock()
        self.memory = DeviceMemory(0)
        with self.errors():
            self._cuda.select_device(number)
            free = self._cuda.current_context().get_memory_info().free
        self.memory = DeviceMemory(free, limit)

    def lane(self) -> Lane:
        """The lane of the calling thread, which must have no block in flight."""
        lane: Lane | None = getattr(self._lanes, "lane", None)
        if lane is None:
            self._cuda.select_device(self.number)
            lane = self._lanes.lane = Lane(self._cuda, self.memory)
        lane.make_room()
        return lane

    def pinned(self, size: int) -> NDArray[np.uint8]:
        """Pinned bytes, from which the device copies while the CPU continues."""
        with self.errors():
            self.lane()
            pinned: NDArray[np.uint8] = self._cuda.pinned_array(size, np.uint8)
            return pinned

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn errors of the driver, and a lack of memory, into errors of the engine.

        Raises:
            DeviceMemoryError: the device's memory, or memory that it could copy from, ran out.
            DeviceError: anything else failed.
        """
        try:
            yield
        except DeviceMemoryError:
            self.memory.refusals += 1
            raise
        except Exception as error:
            said = " ".join(str(error).split())
            if isinstance(error, MemoryError) or _OUT_OF_MEMORY in said:
                self.memory.refusals += 1
                message = f"cuda:{self.number} lacks memory: {said or 'it was refused'}"
                raise DeviceMemoryError(message) from error
            if not type(error).__module__.startswith(_LIBRARIES):
                raise
            raise DeviceError(f"cuda:{self.number} failed: {said}") from error


class Lane:
    """A thread's stream and its buffers, which grow to the largest block and are reused."""

    def __init__(self, cuda: Any, memory: DeviceMemory) -> None:
        self._cuda = cuda
        self._memory = memory
        self._refusals = memory.refusals
        self._held: dict[str, Any] = {}
        self._host: NDArray[np.uint8] | None = None
        self.stream = cuda.stream()

    def make_room(self) -> None:
        """Free the buffers if memory was refused since the last block, so that all may shrink."""
        if self._refusals != self._memory.refusals:
            self._refusals = self._memory.refusals
            for use in list(self._held):
                self._free(use)

    def room(self, use: str, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """An uninitialised array on the device for one use.

        Raises:
            DeviceMemoryError: it exceeds the memory that this merge may use.
        """
        count = math.prod(shape)
        flat = self._held.get(use)
        if flat is None or flat.size < count:
            flat = None  # free it before the larger one is made
            self._free(use)
            flat = self._held[use] = self._allocated(count, np.dtype(dtype))
        return flat[:count].reshape(*shape)

    def sent(self, use: str, array: NDArray[Any]) -> Any:
        """Start to copy an array into the device's buffer for this use, and return the buffer."""
        room = self.room(use, array.shape, array.dtype)
        room.copy_to_device(array, stream=self.stream)
        return room

    def kept(self, array: NDArray[Any]) -> Any:
        """Start to copy a small array into a new place on the device, and return that."""
        return HELD.until_freed(self._cuda.to_device(array, stream=self.stream))

    def host(self, size: int) -> NDArray[np.uint8]:
        """`size` bytes of pinned memory for results, valid until the next block."""
        if self._host is None or self._host.size < size:
            self._host = None  # free it before the larger one is made
            self._host = self._cuda.pinned_array(size, np.uint8)
        return self._host[:size]

    def _allocated(self, count: int, dtype: np.dtype[Any]) -> Any:
        size = count * dtype.itemsize
        self._memory.take(size)
        try:
            return HELD.until_freed(self._cuda.device_array(count, dtype, stream=self.stream))
        except BaseException:
            self._memory.give_back(size)
            raise

    def _free(self, use: str) -> None:
        flat = self._held.pop(use, None)
        if flat is not None:
            self._memory.give_back(flat.size * flat.dtype.itemsize)
