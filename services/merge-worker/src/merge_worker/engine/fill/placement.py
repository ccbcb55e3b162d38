"""Decides where each tensor is computed: on the device in blocks that fit it, or by the processor.

The bytes are the same everywhere, so what the device cannot do costs time only.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from merge_worker.engine.cuda.device import Device
from merge_worker.engine.errors import DeviceError, DeviceMemoryError
from merge_worker.engine.kernels.gather_kernels import REDUCTION
from merge_worker.engine.plan import BLOCK, PlannedTensor

LONGEST_REASON: Final = 250
"""Characters of the driver's words in a warning."""


@dataclass(frozen=True)
class Place:
    """A device, or None for the processor, and the most elements of a block there."""

    device: Device | None
    block: int


class Placement:
    """Where the tensors of a merge are computed; any thread may ask."""

    def __init__(self, device: Device | None, block: int) -> None:
        """`block` is a multiple of REDUCTION."""
        self._device, self._block, self._asked = device, block, block
        self._moved: list[str] = []
        self._failure = ""
        self._lock = threading.Lock()

    def first(self, tensor: PlannedTensor) -> Place:
        """Where to try a tensor first."""
        with self._lock:
            return self._on_processor(tensor) if self._failure else Place(self._device, self._block)

    def after(self, error: DeviceError, tensor: PlannedTensor, place: Place) -> Place:
        """Where to try a tensor again that failed at `place`: in smaller blocks, or elsewhere.

        A lack of memory concerns this tensor; any other error ends the use of the device.
        """
        with self._lock:
            if not isinstance(error, DeviceMemoryError):
                self._failure = self._failure or str(error)
                return self._on_processor(tensor)
            used = min(place.block, -(-tensor.region.size // REDUCTION) * REDUCTION)
            if used <= REDUCTION:
                return self._on_processor(tensor)
            smaller = used // 2 // REDUCTION * REDUCTION
            self._block = min(self._block, smaller)
            return Place(place.device, smaller)

    def warnings(self, total: int) -> list[str]:
        """Say what was not done as asked, if anything; `total` is the number of tensors."""
        moved = f"The processor computed {len(self._moved)} of {total} tensors."
        if self._failure:
            return [f"In the middle of the merge, {self._failure[:LONGEST_REASON]}. {moved}"]
        said = []
        if self._block < self._asked:
            said.append(
                "The GPU lacked memory, so the merge continued in blocks of at most "
                f"{self._block:,} elements instead of {self._asked:,}."
            )
        if self._moved:
            said.append(f"The GPU lacked memory even for small blocks. {moved}")
        return said

    def _on_processor(self, tensor: PlannedTensor) -> Place:
        if tensor.method is not None:  # others are copied, which no device does
            self._moved.append(tensor.name)
        return Place(None, min(self._block, BLOCK))
