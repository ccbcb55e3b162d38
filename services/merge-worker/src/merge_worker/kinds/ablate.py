"""An ablate run: scores a merge, whole and without each ingredient, all in memory.

The files of the ingredients stay in the system's memory between the candidates, and the libraries
are loaded once. What an earlier attempt measured is not measured again.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

from merge_worker.child.failure import RunFailed, disk_full, out_of_memory
from merge_worker.child.how import How
from merge_worker.child.messages import Job
from merge_worker.child.products import opened_store
from merge_worker.child.tell import Tell
from merge_worker.engine import DiskFullError, EngineError, OutOfMemoryError
from merge_worker.evaluate.errors import EvaluationError
from merge_worker.evaluate.settings import harness, versions
from merge_worker.measuring.measure import Measuring, prepare, tasks_of
from merge_worker.measuring.subjects import merged
from mergehub.contracts.kinds.ablate import (
    MOST_CANDIDATES,
    AblateResult,
    AblateSpec,
    Candidate,
)
from mergehub.contracts.names import LONGEST_NOTE
from mergehub.recipe import Recipe, RecipeError, parse_to_merge
from mergehub.recipe.leaving_out import LeftOut, each_left_out


def run(job: Job, spec: AblateSpec, tell: Tell) -> AblateResult:
    """Score every candidate on every benchmark.

    Raises:
        RunFailed: the recipe, an ingredient or a task is at fault.
        StopRequested: the worker wants its slot back.
    """
    started = time.monotonic()
    prepare(job, spec.benchmarks)
    try:
        with opened_store(job, tell):
            return _ablate(job, spec, tell, started)
    except OutOfMemoryError as error:
        raise out_of_memory(error) from error
    except DiskFullError as error:
        raise disk_full(error) from error
    except (RecipeError, EngineError, EvaluationError) as error:
        raise RunFailed("ablation-failed", str(error)) from error


def _ablate(job: Job, spec: AblateSpec, tell: Tell, started: float) -> AblateResult:
    recipe, how = parse_to_merge(spec.recipe).recipe, How(tell.warn)
    measuring = Measuring(job, spec, tasks_of(job, spec.benchmarks), tell, how)
    left_out = list(each_left_out(recipe))
    if len(left_out) >= MOST_CANDIDATES:
        raise EvaluationError(
            f"The recipe merges {len(left_out)} models; an ablation leaves out each of at most "
            f"{MOST_CANDIDATES - 1}."
        )
    candidates, in_memory = [], True
    for without, wanted, explained in _candidates(recipe, left_out, how):
        with merged(job, wanted, spec.seed, tell, how) as subject:
            results = measuring.measure(subject, f" without {without}" if without else "")
            in_memory &= subject.in_memory
        gc.collect()  # libraries leave cycles, which would hold this model beside the next
        candidates.append(
            Candidate(without=without, how=explained, model_digest=subject.digest, results=results)
        )
    return AblateResult(
        kind="ablate",
        method=recipe.merge_method,
        harness=harness(),
        seconds=time.monotonic() - started,
        device=how.device,
        warnings=how.warnings,
        candidates=candidates,
        versions=versions(),
        in_memory=in_memory,
    )


def _candidates(
    recipe: Recipe, left_out: list[LeftOut], how: How
) -> Iterator[tuple[str | None, Recipe, str]]:
    """Yield the whole merge, then the merge without each model of which that can be said."""
    yield None, recipe, "The whole merge."
    for each in left_out:
        if each.recipe is None:
            how.warn(each.how)
        else:
            yield str(each.model), each.recipe, each.how[:LONGEST_NOTE]
