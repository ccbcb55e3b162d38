"""One model, loaded on the GPU as long as that works, and otherwise by the processor."""

from __future__ import annotations

from collections.abc import Callable

from mergehub.contracts.kinds.evaluate import BenchmarkResult

from .answering import OnItems
from .answers import Answers
from .device import ON_CPU, ON_GPU
from .errors import GpuError, GpuMemoryError
from .harness import Harness, Loadable, gpu_fault, gpu_name
from .settings import Settings
from .tasks.finding import Task


class LoadedModel:
    """A model that moves to the processor if the GPU cannot hold it, lacks memory or fails."""

    def __init__(
        self,
        model: Loadable,
        *,
        on_gpu: bool,
        gpu_limit: int | None,
        warn: Callable[[str], None],
        before_move: Callable[[], None],
        free: int | None = None,
    ) -> None:
        """Load it.

        `free` is how many bytes of memory are left for batches on the processor, if known.
        `gpu_limit` is how many bytes of the GPU's memory may be used. `warn` gets a sentence about
        each move to the processor, and `before_move` is called before the model is loaded there.
        """
        self._model, self._gpu_limit, self._free = model, gpu_limit, free
        self._warn, self._before_move = warn, before_move
        self._on_cpu: Harness | None = None
        self._on_gpu = self._tried() if on_gpu else None
        self.device = gpu_name() if self._on_gpu else "cpu"
        """The device for a record: the GPU if it did anything."""
        if not on_gpu:
            self._on_cpu = Harness(model, ON_CPU, free=free)
        elif self._on_gpu is None:
            self._on_cpu = self._moved()

    def measure(
        self, task: Task, settings: Settings, answers: Answers, on_items: OnItems
    ) -> BenchmarkResult:
        """Return the score of a benchmark; calls `on_items(items done, all items)`.

        `answers` has what an earlier attempt left.
        """
        if self._on_gpu:
            try:
                return self._on_gpu.measure(task, settings, answers, on_items)
            except GpuMemoryError as error:
                self._warn(f"{error}. The processor evaluated {task.name}.")
            except GpuError as error:
                self._on_gpu = None
                self._warn(f"{error}. The processor evaluated {task.name} and what followed.")
        if self._on_cpu is None:
            self._on_cpu = self._moved()
        return self._on_cpu.measure(task, settings, answers, on_items)

    def _tried(self) -> Harness | None:
        fault = gpu_fault()
        if fault is None:
            try:
                return Harness(self._model, ON_GPU, self._gpu_limit)
            except GpuError as error:
                fault = str(error)
        self._warn(f"The GPU was not used: {fault}. The processor evaluated everything.")
        return None

    def _moved(self) -> Harness:
        self._before_move()
        return Harness(self._model, ON_CPU, free=self._free)
