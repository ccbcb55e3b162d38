"""Runs a plan: lays out the files, fills them in parallel, keeps a journal, finishes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge_worker.engine.cuda import device as cuda
from merge_worker.engine.cuda.memory import fitting
from merge_worker.engine.files.writing import sync, writing, writing_behind
from merge_worker.engine.fill.finiteness import check_finite
from merge_worker.engine.fill.inputs import Inputs
from merge_worker.engine.fill.plan import Filling
from merge_worker.engine.kernels.gather_kernels import REDUCTION
from merge_worker.engine.machine.shortage import shortage
from merge_worker.engine.methods import discover
from merge_worker.engine.output.journal import Finished, Journal
from merge_worker.engine.output.output_files import check_unmixed
from merge_worker.engine.output.part import Part, all_finished, check_split
from merge_worker.engine.output.progress import Meter, OnProgress
from merge_worker.engine.output.standing import changed, check_sizes
from merge_worker.engine.planning.shards import lay_out
from mergehub.recipe.lock import Lock
from mergehub.recipe.reproducing.outputs import output_digest

from .errors import OutputError, ResumeError
from .finish import Attest, finish, only_one
from .lockfile import input_digests
from .numpy_methods import NumpyMethod
from .plan import BLOCK, Plan, PlannedTensor

OnWarning = Callable[[str], None]
"""Called with a sentence about what was not done as asked."""


@dataclass(frozen=True)
class MergeOptions:
    """How to run a merge; no option changes a byte of the model.

    Attributes:
        threads: how many threads work (default: the processors that this process may use).
        block: how many elements of a tensor a thread holds at a time, rounded up to a multiple of
          65,536 (default: what suits the device).
        keep_partial: after an error, keep what is finished for the next attempt.
        cache_dir: where digests of input files are kept between merges, or None to keep none.
        durable: wait until the output is on the disk before it becomes visible, so that it
          survives a loss of power; otherwise it survives only the end of the process.
        only_finite: refuse ingredients and outputs with infinite or NaN elements.
        device: what computes the output: "cpu", or a GPU as "cuda" or, counting from 0, "cuda:1".
            With a GPU there are at least 2 threads, and blocks are larger unless `block` is given.
            A method that is a NumPy function is computed by the processor all the same, and so is
            what the GPU turns out not to have memory for.
        device_memory: how many bytes of the GPU's memory may be used (default: most of what is
            free). It bounds the blocks.
        attest: makes the statement that is put beside the model's files, or None for none.
    """

    threads: int | None = None
    block: int | None = None
    keep_partial: bool = True
    cache_dir: Path | None = None
    durable: bool = True
    only_finite: bool = False
    device: str = "cpu"
    device_memory: int | None = None
    attest: Attest | None = None

    def suited(self, plan: Plan) -> MergeOptions:
        """These, with the processor as the device if the plan's method is a NumPy function."""
        method = discover().get(plan.recipe.merge_method)
        return replace(self, device="cpu") if isinstance(method, NumpyMethod) else self

    @property
    def workers(self) -> int:
        """The number of threads."""
        threads = self.threads or len(os.sched_getaffinity(0))
        return threads if self.device == "cpu" else max(threads, cuda.THREADS)

    @property
    def block_elements(self) -> int:
        """The elements of a block: a multiple of the elements in one partial sum."""
        block = self.block or (BLOCK if self.device == "cpu" else cuda.BLOCK)
        return -(-max(1, block) // REDUCTION) * REDUCTION


@dataclass(frozen=True)
class MergeResult:
    """The result of a merge: `tensors` is how many tensors, `folder` where they are.

    `nonfinite` counts the infinite and NaN elements of the merged ingredients, if there are any, by
    tensor and model; `made` counts those of the output, by tensor and kind.
    """

    output_digest: str
    tensors: int
    bytes_out: int
    lock: Lock
    folder: Path
    nonfinite: dict[str, dict[str, int]] = field(default_factory=dict)
    made: dict[str, dict[str, int]] = field(default_factory=dict)


def merge(
    plan: Plan,
    out: Path,
    options: MergeOptions | None = None,
    on_progress: OnProgress | None = None,
    on_warning: OnWarning | None = None,
) -> MergeResult:
    """Run a plan and put the model at `out`, which appears whole or not at all.

    The work is done in `<out>.partial`. If it is interrupted, a call with the same plan continues
    there. An exception from `on_progress` stops the merge. `on_warning` gets a sentence about each
    thing that was not done as asked, such as tensors that the GPU had no memory for.

    Raises:
        OutputError: `out` exists, or space or permission is missing.
        ResumeError: `<out>.partial` belongs to another plan or process, or holds other files.
        InputChangedError: an ingredient changed or vanished after planning.
        NotFiniteError: something is not finite, and `only_finite` was asked for.
        OutOfMemoryError: there is no memory for the blocks in flight.
        DeviceError: the device cannot be used. If it fails later, the processor continues.
        MethodError: a method that is a NumPy function failed.
    """
    result = merge_part(plan, out, Part(), options, on_progress, on_warning)
    assert result is not None
    return result


def merge_part(
    plan: Plan,
    out: Path,
    part: Part,
    options: MergeOptions | None = None,
    on_progress: OnProgress | None = None,
    on_warning: OnWarning | None = None,
) -> MergeResult | None:
    """Run a part of a plan; the last part to end completes the merge.

    All parts need equal plans and the same `out`, in a folder that their machines share. Raises
    what `merge` raises.

    Returns:
        The result of the merge, or None if other parts are unfinished.
    """
    options = (options or MergeOptions()).suited(plan)
    if os.path.lexists(out):
        raise OutputError(f"{out} already exists: remove it, or give another folder")
    device = cuda.open_device(options.device, options.device_memory)
    partial = out.with_name(f"{out.name}.partial")
    work = _Work(plan, out, partial, part, options, device, on_warning or (lambda said: None))
    try:
        with shortage(
            f"for {options.workers} threads with blocks of {options.block_elements} elements: "
            "use fewer threads or smaller blocks, or provide more memory"
        ):
            return work.carry_out(on_progress or (lambda progress: None))
    except ResumeError:
        raise
    except BaseException:
        if not options.keep_partial and part.of == 1:
            shutil.rmtree(work.partial, ignore_errors=True)
        raise


@dataclass(frozen=True)
class _Work:
    plan: Plan
    out: Path
    partial: Path
    part: Part
    options: MergeOptions
    device: cuda.Device | None
    on_warning: OnWarning

    def carry_out(self, on_progress: OnProgress) -> MergeResult | None:
        with writing(self.partial):
            self.partial.mkdir(parents=True, exist_ok=True)
        check_split(self.partial, self.plan, self.part)
        with (
            closing(Journal(self.partial, self.plan.digest, self.part.journal)) as journal,
            Inputs(self.plan) as inputs,
            ThreadPoolExecutor(self.options.workers, thread_name_prefix="merge") as pool,
        ):
            check_unmixed(self.plan, self.partial, self.part)
            tensors = self.part.tensors(self.plan)
            meter = Meter(tensors, on_progress)
            self._check(journal, tensors, pool, meter)
            lay_out(self.plan, self.partial)
            if not journal.complete:
                self._fill(tensors, inputs, journal, pool, meter)
            return self._complete(inputs, pool, meter)

    def _fill(
        self,
        tensors: Sequence[PlannedTensor],
        inputs: Inputs,
        journal: Journal,
        pool: ThreadPoolExecutor,
        meter: Meter,
    ) -> None:
        filling = Filling(
            self.plan,
            tensors,
            self.partial,
            inputs,
            journal,
            block=self._block(tensors),
            only_finite=self.options.only_finite,
            device=self.device,
        )
        meter.report("fill")
        shards = sorted({self.partial / tensor.region.file for tensor in tensors})
        with writing_behind(shards if self.options.durable else ()):
            filling.run(pool, self.options.workers, meter)
        for warning in filling.warnings():
            self.on_warning(warning)
        if self.options.durable:
            for shard in shards:
                with writing(shard):
                    sync(shard)
        journal.add_end()

    def _block(self, tensors: Sequence[PlannedTensor]) -> int:
        """The most elements of a block; on a device, as many as fit into its memory."""
        block = self.options.block_elements
        if self.device is None:
            return block
        return fitting(tensors, self.options.workers, block, self.device.memory.limit)

    def _complete(
        self, inputs: Inputs, pool: ThreadPoolExecutor, meter: Meter
    ) -> MergeResult | None:
        """Make the output visible if no part is left to do."""
        finished = all_finished(self.partial, self.plan, self.part)
        if finished is None:
            return None
        if self.options.only_finite:  # an earlier attempt may have run without it
            for tensor in self.plan.tensors:
                check_finite(tensor, finished[tensor.name])
        digests = input_digests(self.plan, inputs, self.options.cache_dir, pool, meter)
        with only_one(self.partial):
            finished = all_finished(self.partial, self.plan, self.part)
            if finished is None:  # another part ended at the same moment and was first
                return None
            self._check_others(finished, pool, meter)
            meter.report("finish")
            lock = finish(
                self.plan, self.partial, self.out, finished, inputs, digests, self.part,
                self.options.attest,
            )  # fmt: skip
        return self._result(finished, lock)

    def _result(self, finished: dict[str, Finished], lock: Lock) -> MergeResult:
        return MergeResult(
            output_digest({name: each.sha256 for name, each in finished.items()}),
            len(self.plan.tensors),
            self.plan.bytes_out,
            lock,
            self.out,
            {name: dict(each.nonfinite) for name, each in finished.items() if each.nonfinite},
            {name: dict(each.made) for name, each in finished.items() if each.made},
        )

    def _check(
        self,
        journal: Journal,
        tensors: Sequence[PlannedTensor],
        pool: ThreadPoolExecutor,
        meter: Meter,
    ) -> None:
        """Check that the journal's tensors are this plan's, and forget those that have changed."""
        if journal.finished.keys() - {tensor.name for tensor in tensors}:
            raise journal.damaged("it names a tensor that the plan does not make")
        check_sizes(self.plan, self.partial, journal.finished)
        lost = changed(
            self.partial,
            tensors,
            journal.finished,
            pool,
            meter,
            lambda tensor: meter.add(1, tensor.region.nbytes),
        )
        if lost:
            kept = {name: each for name, each in journal.finished.items() if name not in lost}
            journal.restart(kept)

    def _check_others(
        self, finished: dict[str, Finished], pool: ThreadPoolExecutor, meter: Meter
    ) -> None:
        """Check what other parts have made, which may have changed since, too."""
        check_sizes(self.plan, self.partial, finished)
        for part in self.part.others:
            tensors = part.tensors(self.plan)
            if lost := changed(self.partial, tensors, finished, pool, meter):
                raise ResumeError(
                    f"the tensor {lost[0]!r} was changed after part {part} made it; "
                    "merge that part again"
                )
