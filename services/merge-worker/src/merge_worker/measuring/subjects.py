"""What is measured: a model on disk, or a merge of which no weights are written."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from merge_worker.child.how import How
from merge_worker.child.identity import checkpoints_digest, produced_digest
from merge_worker.child.merging import options_for, reporting
from merge_worker.child.messages import Job, Planned
from merge_worker.child.sources import sources_of
from merge_worker.child.tell import Tell
from merge_worker.engine import MergeOptions, Plan, merge, peak_memory, plan_merge
from merge_worker.engine.files.header import Region
from merge_worker.engine.files.reading import Within
from merge_worker.engine.in_memory import InMemory, merge_in_memory
from merge_worker.engine.models.checkpoint import Checkpoint, open_adapter, open_checkpoint
from merge_worker.engine.models.sources import Kind
from mergehub.contracts.hardware import Needs
from mergehub.recipe import ModelRef, Recipe

from .beside import beside_digest, check_tokenizer

if TYPE_CHECKING:
    from merge_worker.evaluate.harness import Loadable

OVERHEAD: Final = 1_200_000_000
"""Bytes that torch, transformers and the harness need besides the model."""
ROOM: Final = 1.3
"""Memory for activations and caches, as a multiple of the parameters."""


@dataclass(frozen=True)
class Subject:
    """A model to measure: its digest, its tensors' regions, and how it is loaded.

    `beside` is the digest of what decides its scores beside the weights. `load` imports PyTorch;
    so it is called only if something is left to measure. `held` is how many bytes of memory the
    model takes before it is loaded.
    """

    digest: str
    beside: str
    regions: Sequence[Region]
    load: Callable[[], Loadable]
    held: int = 0
    in_memory: bool = False

    @property
    def identity(self) -> str:
        """What two models share that have the same scores."""
        return f"{self.digest} {self.beside}"

    def needs(self, *, on_gpu: bool) -> Needs:
        """What it needs to be loaded and measured."""
        return _needs(self.regions, self.held, on_gpu=on_gpu)


def stored(job: Job, reference: ModelRef) -> Subject:
    """The model that a reference names, with its adapter. Raises EngineError."""
    kind, parts = open_model(job, reference)
    opened = [checkpoint for checkpoint, _ in parts]
    folders = [checkpoint.folder for checkpoint in opened]
    return Subject(
        produced_digest(folders[0]) if kind == "run" else checkpoints_digest(opened),
        beside_digest((checkpoint.folder, within) for checkpoint, within in parts),
        [region for each in opened for region in each.tensors.values()],
        lambda: _stored(*folders),
    )


def open_model(job: Job, reference: ModelRef) -> tuple[Kind, list[tuple[Checkpoint, Within]]]:
    """The kind of the model's source; and the model, with its adapter if it has one, each with the
    folders that its files must be in."""
    sources = sources_of(job)
    model = sources.locate(reference.without_adapter)
    opened: list[tuple[Checkpoint, Within]] = [
        (open_checkpoint(model.folder, model.within), model.within)
    ]
    if reference.adapter is None:
        return model.kind, opened
    adapter = sources.locate(reference.adapter)
    added = open_adapter(adapter.folder, adapter.within), adapter.within
    return "folder", [*opened, added]


@contextmanager
def merged(job: Job, recipe: Recipe, seed: int, tell: Tell, how: How) -> Iterator[Subject]:
    """The merge of a recipe, in memory while the block lasts; on disk if memory is too small.

    Raises EngineError.
    """
    tell.progress("plan", 0, 0, "")
    plan = plan_merge(recipe, sources_of(job), seed=seed)
    options = options_for(job, plan, how)
    folder = job.scratch_folder / f"merge-{plan.digest.removeprefix('sha256:')[:16]}"
    try:
        if _fits(job, plan, options):
            yield _held(plan, options, folder, tell, how)
        else:
            how.warn(
                "The merge was written to this worker's disk and removed after its evaluation, "
                "since there is too little memory for both."
            )
            yield _written(plan, options, folder, tell, how)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _needs(regions: Sequence[Region], held: int, *, on_gpu: bool) -> Needs:
    """CPUs load a model as float32, GPUs as stored; both need working memory."""
    if on_gpu:
        stored = sum(region.nbytes for region in regions)
        return Needs(memory=OVERHEAD + held, gpu_memory=int(ROOM * stored))
    loaded = int(ROOM * sum(4 * region.size for region in regions))
    return Needs(memory=OVERHEAD + held + loaded)


def _fits(job: Job, plan: Plan, options: MergeOptions) -> bool:
    """Whether the merge and the model that is made of it fit into memory together."""
    needs = _needs(_output(plan), plan.bytes_out, on_gpu=job.hardware != "cpu")
    free = job.capacity.memory
    return free is None or needs.memory + _merging(plan, options) <= free


def _output(plan: Plan) -> list[Region]:
    return [tensor.region for tensor in plan.tensors]


def _merging(plan: Plan, options: MergeOptions) -> int:
    return peak_memory(plan, options.workers, options.block_elements)


def _held(plan: Plan, options: MergeOptions, folder: Path, tell: Tell, how: How) -> Subject:
    """Merge into memory. The tensors are let go when the model takes them over."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    need = OVERHEAD + plan.bytes_out + _merging(plan, options)
    tell.send(Planned(needs=Needs(memory=need)))
    made = [merge_in_memory(plan, folder, options, reporting(tell), how.warn)]
    digest = made[0].output_digest

    def load() -> Loadable:
        check_tokenizer(folder)
        from merge_worker.evaluate.assembled import Assembled

        return Assembled(folder, lambda: _given(made, plan, folder, options, tell, how).tensors)

    beside = beside_digest([(folder, None)])
    return Subject(digest, beside, _output(plan), load, held=plan.bytes_out, in_memory=True)


def _given(
    made: list[InMemory], plan: Plan, folder: Path, options: MergeOptions, tell: Tell, how: How
) -> InMemory:
    """Give the merge away; it is merged again if another device loads it, too."""
    return made.pop() if made else merge_in_memory(plan, folder, options, reporting(tell), how.warn)


def _written(plan: Plan, options: MergeOptions, folder: Path, tell: Tell, how: How) -> Subject:
    """Merge into the folder; one that an earlier attempt left there is continued."""
    tell.send(Planned(needs=Needs(memory=_merging(plan, options), disk=plan.bytes_out)))
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        merge(plan, folder, options, reporting(tell), how.warn)
    beside = beside_digest([(folder, None)])
    return Subject(produced_digest(folder), beside, _output(plan), lambda: _stored(folder))


def _stored(folder: Path, adapter: Path | None = None) -> Loadable:
    check_tokenizer(folder)
    from merge_worker.evaluate.harness import Stored

    return Stored(folder, adapter)
