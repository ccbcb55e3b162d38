"""How a run merges: on the device that it asks for, with progress for its worker."""

from __future__ import annotations

from dataclasses import replace

from merge_worker.engine import DeviceError, MergeOptions, Plan, Progress
from merge_worker.engine.cuda.device import label
from merge_worker.engine.output.progress import OnProgress

from .how import How
from .messages import Job
from .tell import Tell

OVERHEAD = 200_000_000
"""Bytes that the interpreter, the libraries and the plan need besides the buffers."""


def options_for(job: Job, plan: Plan, how: How) -> MergeOptions:
    """How to merge: on the GPU that the run asks for, or without it if it cannot be used."""
    device = "cpu" if job.hardware == "cpu" else "cuda"
    wanted = MergeOptions(cache_dir=job.scratch, device=device, device_memory=job.gpu_limit)
    options = wanted.suited(plan)
    try:
        how.device = label(options.device)
    except DeviceError as error:
        how.device, options = "cpu", replace(options, device="cpu")
        how.warn(f"The GPU was not used: {error}. The processor computed everything.")
    return options


def reporting(tell: Tell) -> OnProgress:
    """Report the progress of a merge; a request to stop ends it."""

    def report(now: Progress) -> None:
        tell.progress(
            now.stage, now.tensors_done, now.tensors_total, "tensors",
            now.bytes_done, now.bytes_total,
        )  # fmt: skip

    return report
