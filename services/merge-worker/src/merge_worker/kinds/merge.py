"""A merge run: plans the recipe, merges into the run's own folder, and stores the model."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

from merge_worker.child.earlier import await_earlier
from merge_worker.child.failure import RunFailed, disk_full, out_of_memory
from merge_worker.child.how import How
from merge_worker.child.merging import OVERHEAD, options_for, reporting
from merge_worker.child.messages import Job, Planned
from merge_worker.child.produced import check_parents, merge_result
from merge_worker.child.products import opened_store, transfer
from merge_worker.child.sources import sources_of
from merge_worker.child.tell import Tell
from merge_worker.engine import (
    DiskFullError,
    EngineError,
    MergeOptions,
    OutOfMemoryError,
    Plan,
    ResumeError,
    merge,
    peak_memory,
    plan_merge,
)
from merge_worker.engine.finish import Attest
from merge_worker.engine.output.journal import NAME as JOURNAL
from merge_worker.provenance.statement import WORKER, attesting
from merge_worker.provenance.subjects import files_of
from mergehub.artifacts import ArtifactStore
from mergehub.attestation.keys import signing_key
from mergehub.contracts.hardware import Needs
from mergehub.contracts.kinds.merge import MergeResult, MergeSpec
from mergehub.contracts.provenance.files import FileDigest
from mergehub.recipe import Recipe, RecipeError, parse_to_merge


def run(job: Job, spec: MergeSpec, tell: Tell) -> MergeResult:
    """Merge, continue what an earlier attempt left, or only report what it finished.

    Raises:
        RunFailed: the recipe or its ingredients are at fault.
        StopRequested: the worker wants its slot back.
    """
    started = time.monotonic()
    try:
        recipe = parse_to_merge(spec.recipe).recipe
        await_earlier(job.partial_folder / JOURNAL, tell)
        how = How(tell.warn)
        with opened_store(job, tell) as store:
            _make(job, spec, recipe, tell, store, how)
            seconds, files = time.monotonic() - started, _files(job, store)
            return merge_result(job.model_folder, recipe, job.artifacts, seconds, how, files)
    except OutOfMemoryError as error:
        raise out_of_memory(error) from error
    except DiskFullError as error:
        raise disk_full(error) from error
    except (RecipeError, EngineError) as error:
        raise RunFailed("merge-failed", str(error)) from error


def _make(
    job: Job, spec: MergeSpec, recipe: Recipe, tell: Tell, store: ArtifactStore, how: How
) -> None:
    """Have the model stored and in its folder; an earlier attempt may have done either."""
    if store.has(job.run_id):  # on this machine or another
        store.hold(job.run_id, transfer(tell, "fetch"))
        return
    if not job.model_folder.exists():
        check_parents(recipe, job.artifacts)
        _carry_out(job, spec, recipe, tell, store, how)
    store.put(job.run_id, job.fence, transfer(tell, "store"))


def _carry_out(
    job: Job, spec: MergeSpec, recipe: Recipe, tell: Tell, store: ArtifactStore, how: How
) -> None:
    """Make the model, and note the device that computed it and what was not done as asked."""
    tell.progress("plan", 0, 0, "")
    plan = plan_merge(recipe, sources_of(job), seed=spec.seed)
    options = replace(options_for(job, plan, how), attest=_attest(job))
    memory = peak_memory(plan, options.workers, options.block_elements) + OVERHEAD
    tell.send(Planned(needs=Needs(memory=memory, disk=plan.bytes_out)))
    store.make_room(plan.bytes_out)
    try:
        _merge(job, plan, options, tell, how)
    except ResumeError:
        # An ingredient or the engine changed between the attempts: the work so far is invalid.
        shutil.rmtree(job.partial_folder)
        _merge(job, plan, options, tell, how)


def _files(job: Job, store: ArtifactStore) -> dict[str, FileDigest]:
    """The files of the stored model; a bucket has them in its record."""
    if job.place is None:
        return files_of(job.model_folder)
    stored = store.record(job.run_id).files
    return {name: FileDigest(size=file.bytes, sha256=file.sha256) for name, file in stored.items()}


def _attest(job: Job) -> Attest | None:
    if job.signing_key is None:
        return None
    return attesting(signing_key(job.signing_key), WORKER, job.run_id)


def _merge(job: Job, plan: Plan, options: MergeOptions, tell: Tell, how: How) -> None:
    merge(plan, job.model_folder, options, reporting(tell), how.warn)
