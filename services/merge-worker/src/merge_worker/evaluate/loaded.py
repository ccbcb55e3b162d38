"""One model, loaded on the GPU as long as that works, and otherwise by the processor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mergehub.contracts.kinds.evaluate import BenchmarkResult

from .device import ON_CPU, ON_GPU
from .errors import GpuError, GpuMemoryError
from .harness import Harness, OnItems, gpu_fault, gpu_name
from .tasks import LocalTask


class LoadedModel:
    """A model that moves to the processor if the GPU cannot hold it, lacks memory or fails."""

    def __init__(
        self,
        folder: Path,
        adapter: Path | None,
        *,
        on_gpu: bool,
        gpu_limit: int | None,
        warn: Callable[[str], None],
        before_move: Callable[[], None],
    ) -> None:
        """Load it.

        `gpu_limit` is how many bytes of the GPU's memory may be used. `warn` gets a sentence about
        each move to the processor, and `before_move` is called before the model is loaded there.
        """
        self._folder, self._adapter, self._gpu_limit = folder, adapter, gpu_limit
        self._warn, self._before_move = warn, before_move
        self._on_cpu: Harness | None = None
        self._on_gpu = self._tried() if on_gpu else None
        self.device = gpu_name() if self._on_gpu else "cpu"
        """The device for a record: the GPU if it did anything."""
        if not on_gpu:
            self._on_cpu = Harness(folder, adapter, ON_CPU)
        elif self._on_gpu is None:
            self._on_cpu = self._moved()

    def measure(self, task: LocalTask, on_items: OnItems) -> BenchmarkResult:
        """Return the score of a benchmark; calls `on_items(items done, all items)`."""
        if self._on_gpu:
            try:
                return self._on_gpu.measure(task, on_items)
            except GpuMemoryError as error:
                self._warn(f"{error}. The processor evaluated {task.name}.")
            except GpuError as error:
                self._on_gpu = None
                self._warn(f"{error}. The processor evaluated {task.name} and what followed.")
        if self._on_cpu is None:
            self._on_cpu = self._moved()
        return self._on_cpu.measure(task, on_items)

    def _tried(self) -> Harness | None:
        fault = gpu_fault()
        if fault is None:
            try:
                return Harness(self._folder, self._adapter, ON_GPU, self._gpu_limit)
            except GpuError as error:
                fault = str(error)
        self._warn(f"The GPU was not used: {fault}. The processor evaluated everything.")
        return None

    def _moved(self) -> Harness:
        self._before_move()
        return Harness(self._folder, self._adapter, ON_CPU)
