"""An evaluate run: scores a model, or the merge of a recipe, on each benchmark."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from merge_worker.child.failure import RunFailed, disk_full, out_of_memory
from merge_worker.child.how import How
from merge_worker.child.messages import Job
from merge_worker.child.products import opened_store
from merge_worker.child.tell import Tell
from merge_worker.engine import DiskFullError, EngineError, OutOfMemoryError
from merge_worker.evaluate.errors import EvaluationError
from merge_worker.evaluate.settings import harness, versions
from merge_worker.measuring.measure import Measuring, named_error, prepare, tasks_of
from merge_worker.measuring.subjects import Subject, merged, stored
from mergehub.contracts.kinds.evaluate import EvaluateResult, EvaluateSpec
from mergehub.recipe import ModelRef, RecipeError, parse_to_merge


def run(job: Job, spec: EvaluateSpec, tell: Tell) -> EvaluateResult:
    """Evaluate the model on every benchmark that was not measured before.

    Raises:
        RunFailed: the model or a task is at fault, or this worker cannot evaluate models.
        StopRequested: the worker wants its slot back.
    """
    started = time.monotonic()
    prepare(job, spec.benchmarks)
    try:
        with opened_store(job, tell):
            return _evaluate(job, spec, tell, started)
    except OutOfMemoryError as error:
        raise out_of_memory(error) from error
    except DiskFullError as error:
        raise disk_full(error) from error
    except (RecipeError, EngineError, EvaluationError) as error:
        raise RunFailed("evaluation-failed", str(error)) from error


def _evaluate(job: Job, spec: EvaluateSpec, tell: Tell, started: float) -> EvaluateResult:
    how = How(tell.warn)
    measuring = Measuring(job, spec, tasks_of(job, spec.benchmarks), tell, how)
    with _subject(job, spec, tell, how) as subject:
        how.device = None
        results = measuring.measure(subject)
        return EvaluateResult(
            kind="evaluate",
            model=spec.model,
            model_digest=subject.digest,
            harness=harness(),
            seconds=time.monotonic() - started,
            device=how.device,
            warnings=how.warnings,
            results=results,
            versions=versions(),
            in_memory=subject.in_memory,
        )


@contextmanager
def _subject(job: Job, spec: EvaluateSpec, tell: Tell, how: How) -> Iterator[Subject]:
    if spec.recipe is not None:
        with merged(job, parse_to_merge(spec.recipe).recipe, spec.seed, tell, how) as subject:
            yield subject
        return
    tell.progress("open the model", 0, 0, "")
    with named_error("The model's reference cannot be read"):
        reference = ModelRef.parse(spec.model)
    yield stored(job, reference)
