"""Runs a plan only to look at its output: a tensor is in memory until it has been looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from heapq import nlargest

from merge_worker.engine.files.header import Region
from merge_worker.engine.fill.inputs import Inputs
from merge_worker.engine.machine.shortage import shortage
from merge_worker.engine.output.journal import Finished, Record
from merge_worker.engine.output.progress import OnProgress
from merge_worker.engine.planning.peak_memory import peak_memory

from .execute import MergeOptions
from .in_memory import filled, memory
from .plan import Plan, PlannedTensor

Look = Callable[[PlannedTensor, Finished, int], None]
"""Called from any thread with a tensor, its digest, and the open file that holds its bytes."""


def rerun(
    plan: Plan,
    record: Record,
    look: Look,
    options: MergeOptions | None = None,
    on_progress: OnProgress | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> None:
    """Fill every tensor that `record` lacks, look at it, record it, and let it go.

    Raises what `merge_in_memory` raises, and what `look` raises.
    """
    options = (options or MergeOptions()).suited(plan)
    looking = _Looking(record, look)
    with Inputs(plan) as inputs, shortage("for the largest tensors of the merge"):
        filled(
            plan, plan.tensors, inputs, looking, options, on_progress, on_warning, looking.held
        )  # fmt: skip


def rerun_memory(plan: Plan, options: MergeOptions) -> int:
    """The most bytes that a rerun holds: what a merge does, and a whole tensor for each thread."""
    sizes = (tensor.region.nbytes for tensor in plan.tensors)
    held = sum(nlargest(options.workers, sizes))
    return held + peak_memory(plan, options.workers, options.block_elements)


@dataclass
class _Looking:
    """A record that looks at each tensor before it takes it."""

    record: Record
    look: Look

    def __post_init__(self) -> None:
        self.finished = self.record.finished
        self._placed: dict[str, tuple[PlannedTensor, int]] = {}

    def add_tensor(self, tensor: str, finished: Finished) -> None:
        placed, file = self._placed[tensor]
        self.look(placed, finished, file)
        self.record.add_tensor(tensor, finished)

    @contextmanager
    def held(self, tensor: PlannedTensor) -> Iterator[PlannedTensor]:
        """Place a tensor at the start of a file of its own, which is gone afterwards."""
        region = tensor.region
        with memory(max(1, region.nbytes)) as file:
            placed = replace(tensor, region=Region(str(file), 0, region.dtype, region.shape))
            self._placed[tensor.name] = placed, file
            try:
                yield placed
            finally:
                del self._placed[tensor.name]
