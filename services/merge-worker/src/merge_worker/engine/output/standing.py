"""Checks what earlier attempts and other parts have made, before the merge relies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path

from merge_worker.engine.errors import ResumeError
from merge_worker.engine.models.digests import tensor_is
from merge_worker.engine.plan import Plan, PlannedTensor

from .journal import Finished
from .progress import Meter


def check_sizes(plan: Plan, folder: Path, finished: Mapping[str, Finished]) -> None:
    """Check that the files of finished tensors exist and have the right length.

    Raises:
        ResumeError: one is missing or has another length.
    """
    for name, placed in plan.shards.items():
        last, path = placed[-1].region, folder / name
        if any(each.name in finished for each in placed) and (
            not path.is_file() or path.stat().st_size != last.offset + last.nbytes
        ):
            raise ResumeError(f"{path} was changed after the journal recorded it; remove {folder}")


def changed(
    folder: Path,
    tensors: Iterable[PlannedTensor],
    finished: Mapping[str, Finished],
    pool: Executor,
    meter: Meter,
    unchanged: Callable[[PlannedTensor], None] = lambda tensor: None,
) -> list[str]:
    """The names of those finished tensors whose bytes differ from the journal.

    `unchanged` is called for each of the others.
    """

    def differs(tensor: PlannedTensor) -> bool:
        path, sha256 = folder / tensor.region.file, finished[tensor.name].sha256
        if not tensor_is(path, tensor.name, tensor.region, sha256):
            return True
        unchanged(tensor)
        return False

    claimed = [each for each in tensors if each.name in finished]
    found = [pool.submit(differs, each) for each in claimed]
    meter.wait_for(found, "check")
    return [each.name for each, answer in zip(claimed, found, strict=True) if answer.result()]
