"""Carrying a plan out: lay out, fill in parallel, journal, finish."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mergehub.recipe.lock import Lock

from .digests import output_digest
from .errors import OutputError, ResumeError
from .filling import Filling
from .finish import finish
from .gather_kernels import REDUCTION
from .inputs import Inputs
from .journal import Journal
from .locking import DigestCache, lock_of, wanted
from .plan import BLOCK, Plan
from .progress import Meter, OnProgress
from .shards import lay_out
from .writing import writing


@dataclass(frozen=True)
class MergeOptions:
    """How to carry a merge out; nothing here changes a byte of the output.

    Attributes:
        threads: tensors worked on at a time (default: the processors that we may use).
        block: elements of a tensor held at a time, rounded up to a multiple of 65,536.
        keep_partial: after an error, keep what is finished, for the next attempt.
        cache_dir: where digests of input files are remembered between merges; None for nowhere.
    """

    threads: int | None = None
    block: int = BLOCK
    keep_partial: bool = True
    cache_dir: Path | None = None

    @property
    def workers(self) -> int:
        """The number of threads."""
        return self.threads or len(os.sched_getaffinity(0))

    @property
    def block_elements(self) -> int:
        """The block that is used: a multiple of what one partial sum is taken over."""
        return -(-max(1, self.block) // REDUCTION) * REDUCTION


@dataclass(frozen=True)
class MergeResult:
    """What a merge made: `tensors` is how many, `folder` where they are."""

    output_digest: str
    tensors: int
    bytes_out: int
    lock: Lock
    folder: Path


def merge(
    plan: Plan,
    out: Path,
    options: MergeOptions | None = None,
    on_progress: OnProgress | None = None,
) -> MergeResult:
    """Carry a plan out and put the model at `out`, which appears whole or not at all.

    The work is done in `<out>.partial`; interrupted and called again with the same plan, it goes
    on there. An exception from `on_progress` stops the merge.

    Raises:
        OutputError: `out` exists, or there is no space or permission.
        ResumeError: `<out>.partial` belongs to another plan or process.
        InputChangedError: an ingredient changed or vanished since it was planned with.
    """
    options = options or MergeOptions()
    if out.exists():
        raise OutputError(f"{out} exists already: remove it or name another folder")
    partial = out.with_name(f"{out.name}.partial")
    try:
        return _merge(plan, out, partial, options, on_progress or (lambda progress: None))
    except ResumeError:
        raise
    except BaseException:
        if not options.keep_partial:
            shutil.rmtree(partial, ignore_errors=True)
        raise


def _merge(
    plan: Plan, out: Path, partial: Path, options: MergeOptions, on_progress: OnProgress
) -> MergeResult:
    with writing(partial):
        partial.mkdir(parents=True, exist_ok=True)
    with closing(Journal(partial, plan.digest)) as journal, Inputs(plan) as inputs:
        _check_shards(plan, partial, journal)
        lay_out(plan, partial)
        meter = Meter(plan, journal, on_progress)
        digests = DigestCache(options.cache_dir)
        filling = Filling(plan, partial, inputs, journal, meter, options.block_elements)
        meter.report("fill")
        with ThreadPoolExecutor(options.workers, thread_name_prefix="merge") as pool:
            filling.run(pool, options.workers)
            meter.wait_for([pool.submit(digests.of, path) for path in wanted(plan)], "lock")
        digests.save()
        meter.report("finish")
        inputs.check()
        lock = lock_of(plan, digests)
        finish(plan, partial, out, journal, lock)
        return MergeResult(
            output_digest(journal.finished), len(plan.tensors), plan.bytes_out, lock, out
        )


def _check_shards(plan: Plan, partial: Path, journal: Journal) -> None:
    """What the journal calls finished must still be there."""
    for name, tensors in plan.shards.items():
        last = tensors[-1].region
        path = partial / name
        if any(t.name in journal.finished for t in tensors) and (
            not path.is_file() or path.stat().st_size != last.offset + last.nbytes
        ):
            raise ResumeError(f"{path} was changed since it was journalled; remove {partial}")
