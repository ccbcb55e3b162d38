"""A verify run: merges again by the recipe, seed and lock of a run, and compares each tensor.

No weights are written: a tensor is in memory until it has been compared.
"""

from __future__ import annotations

import time

from merge_worker.child.failure import RunFailed, disk_full, out_of_memory
from merge_worker.child.how import How
from merge_worker.child.identity import bounded_files
from merge_worker.child.machine import machine
from merge_worker.child.merging import OVERHEAD, options_for, reporting
from merge_worker.child.messages import Job, Planned
from merge_worker.child.products import opened_store
from merge_worker.child.tell import Tell
from merge_worker.engine import (
    DiskFullError,
    EngineError,
    OutOfMemoryError,
    Plan,
    plan_merge,
)
from merge_worker.engine.finish import companion_digests
from merge_worker.engine.machine.versions import library_versions
from merge_worker.engine.plan import ENGINE_VERSION
from merge_worker.engine.rerun import rerun, rerun_memory
from merge_worker.verifying.comparison import Comparison, listed
from merge_worker.verifying.ingredients import check_ingredients, pinned
from merge_worker.verifying.original import Original
from merge_worker.verifying.record import verified
from mergehub.artifacts import ArtifactStore
from mergehub.contracts.hardware import Needs
from mergehub.contracts.kinds.verify import TensorDifference, VerifyResult, VerifySpec
from mergehub.contracts.provenance.settings import MergeSetting, unlike
from mergehub.contracts.provenance.tensors import Tensors
from mergehub.recipe import Lock, RecipeError, parse_to_merge
from mergehub.recipe.reproducing.outputs import output_digest


def run(job: Job, spec: VerifySpec, tell: Tell) -> VerifyResult:
    """Merge again and say what is not the same.

    Raises:
        RunFailed: an ingredient is not that of the lock, or the merge fails.
        StopRequested: the worker wants its slot back.
    """
    started = time.monotonic()
    if spec.lock is None or spec.manifest is None:
        raise RunFailed("verification-failed", "The claim has no lock of the run to verify.")
    try:
        with opened_store(job, tell) as store:
            return _verify(job, spec, spec.lock, spec.manifest, store, tell, started)
    except OutOfMemoryError as error:
        raise out_of_memory(error) from error
    except DiskFullError as error:
        raise disk_full(error) from error
    except (RecipeError, EngineError) as error:
        raise RunFailed("verification-failed", str(error)) from error


def _verify(
    job: Job,
    spec: VerifySpec,
    lock: Lock,
    manifest: Tensors,
    store: ArtifactStore,
    tell: Tell,
    started: float,
) -> VerifyResult:
    tell.progress("plan", 0, 0, "")
    plan = plan_merge(parse_to_merge(spec.recipe).recipe, pinned(job, lock), seed=spec.seed)
    how = How(tell.warn)
    options = options_for(job, plan, how)
    tell.send(Planned(needs=Needs(memory=rerun_memory(plan, options) + OVERHEAD)))
    check_ingredients(job, plan, lock, options, tell)
    comparison = Comparison(manifest, Original(store, spec.run, tell, how))
    with verified(job, plan, how.device, manifest, tell) as record:
        rerun(plan, record, comparison.look, options, reporting(tell), how.warn)
        digests = {name: each.sha256 for name, each in record.finished.items()}
    return _result(spec, plan, digests, comparison.all(plan, digests), how, started)


def _result(
    spec: VerifySpec,
    plan: Plan,
    digests: dict[str, str],
    differences: list[TensorDifference],
    how: How,
    started: float,
) -> VerifyResult:
    again = MergeSetting(
        engine_version=ENGINE_VERSION,
        versions=library_versions(),
        device=how.device,
        machine=machine(),
    )
    return VerifyResult(
        kind="verify",
        output_digest=output_digest(digests),
        same=not differences,
        method=plan.recipe.merge_method,
        tensors=len(digests),
        compared_bytes=plan.bytes_out,
        differing=len(differences),
        differences=listed(differences),
        unlike=unlike(spec.made, again),
        seconds=time.monotonic() - started,
        companions=bounded_files(companion_digests(plan)),
        warnings=how.warnings,
        **dict(again),
    )
