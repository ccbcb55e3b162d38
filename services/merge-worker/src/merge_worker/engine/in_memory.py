"""Runs a plan in memory: the tensors of the output, without files of weights.

The engine fills one anonymous file of the system's memory (memfd), which has a name only inside
this process. So all methods, devices and digests are those of a merge that is written.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from merge_worker.engine.cuda import device as cuda
from merge_worker.engine.cuda.memory import fitting
from merge_worker.engine.fill.inputs import Inputs
from merge_worker.engine.fill.plan import Filling, Held
from merge_worker.engine.machine.shortage import shortage
from merge_worker.engine.output.journal import Finished, Record
from merge_worker.engine.output.progress import Meter, OnProgress
from mergehub.recipe.reproducing.outputs import output_digest

from .execute import MergeOptions
from .finish import write_companions
from .plan import Plan, PlannedTensor

ALIGNED: Final = 64
"""Bytes to which each tensor is aligned, as safetensors files do."""
OPEN_FILES: Final = Path("/proc/self/fd")
"""The names of this process's open files, as Linux has them."""


@dataclass(frozen=True)
class InMemory:
    """A merge in memory: the digest that it would have on disk, and its tensors by name."""

    output_digest: str
    tensors: Mapping[str, HeldTensor]


@dataclass(frozen=True)
class HeldTensor:
    """A tensor of the output: its type as safetensors names it, its shape, and its bytes."""

    dtype: str
    shape: tuple[int, ...]
    data: memoryview


@dataclass
class _Filled:
    """The record of a merge that nobody can resume."""

    finished: dict[str, Finished] = field(default_factory=dict)

    def add_tensor(self, tensor: str, finished: Finished) -> None:
        self.finished[tensor] = finished


def merge_in_memory(
    plan: Plan,
    companions: Path,
    options: MergeOptions | None = None,
    on_progress: OnProgress | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> InMemory:
    """Run a plan; put the files beside the weights into the folder `companions`, which exists.

    The memory of the tensors is free again when the last view of them is gone.

    Raises:
        OutOfMemoryError: there is no memory for the output.
        InputChangedError, DeviceError, MethodError, NotFiniteError, OutputError: as in `merge`.
    """
    options = (options or MergeOptions()).suited(plan)
    with Inputs(plan) as inputs, shortage(f"for a merge of {plan.bytes_out} bytes in memory"):
        write_companions(plan, companions, inputs)
        size, offsets = _places(plan.tensors)
        with memory(size) as file:
            placed = [
                replace(each, region=replace(each.region, file=str(file), offset=offset))
                for each, offset in zip(plan.tensors, offsets, strict=True)
            ]
            record = _Filled()
            filled(plan, placed, inputs, record, options, on_progress, on_warning)
            whole = memoryview(mmap.mmap(file, size))
    tensors = {
        each.name: HeldTensor(
            each.region.dtype,
            each.region.shape,
            whole[each.region.offset : each.region.offset + each.region.nbytes],
        )
        for each in placed
    }
    digests = {name: each.sha256 for name, each in record.finished.items()}
    return InMemory(output_digest(digests), tensors)


def filled(
    plan: Plan,
    placed: Sequence[PlannedTensor],
    inputs: Inputs,
    record: Record,
    options: MergeOptions,
    on_progress: OnProgress | None,
    on_warning: Callable[[str], None] | None,
    held: Held = nullcontext,
) -> None:
    """Fill the tensors that a record lacks; the region of each names an open file of this process.

    `held` is entered with each tensor, and gives it its place while it is filled and recorded.
    """
    device = cuda.open_device(options.device, options.device_memory)
    block = options.block_elements
    if device is not None:
        block = fitting(placed, options.workers, block, device.memory.limit)
    filling = Filling(
        plan, placed, OPEN_FILES, inputs, record,
        block=block, only_finite=options.only_finite, device=device, held=held,
    )  # fmt: skip
    meter = Meter(placed, on_progress or (lambda progress: None))
    known = [each for each in placed if each.name in record.finished]
    meter.add(len(known), sum(each.region.nbytes for each in known))
    with ThreadPoolExecutor(options.workers, thread_name_prefix="merge") as pool:
        filling.run(pool, options.workers, meter)
    meter.report("fill")
    inputs.check()
    for warning in filling.warnings():
        (on_warning or (lambda said: None))(warning)


def _places(tensors: Sequence[PlannedTensor]) -> tuple[int, list[int]]:
    """The size of the memory in bytes, at least 1, and where each tensor begins in it."""
    offsets, end = [], 0
    for tensor in tensors:
        offsets.append(end)
        end += -(-tensor.region.nbytes // ALIGNED) * ALIGNED
    return max(1, end), offsets


@contextmanager
def memory(size: int) -> Iterator[int]:
    """An anonymous file of `size` bytes; a mapping of it outlives the file."""
    file = os.memfd_create("merge", os.MFD_CLOEXEC)
    try:
        os.truncate(file, size)
        yield file
    finally:
        os.close(file)
