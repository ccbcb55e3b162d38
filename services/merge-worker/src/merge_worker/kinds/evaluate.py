"""An evaluate run: evaluates one model on each benchmark, and keeps each result on disk."""

from __future__ import annotations

import hashlib
import os
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from merge_worker.child.failure import RunFailed, disk_full, is_disk_full
from merge_worker.child.how import How
from merge_worker.child.identity import checkpoints_digest, produced_digest
from merge_worker.child.messages import Job, Planned
from merge_worker.child.products import opened_store
from merge_worker.child.sources import sources_of
from merge_worker.child.tell import StopRequested, Tell
from merge_worker.engine import EngineError
from merge_worker.engine.models.checkpoint import Checkpoint, open_adapter, open_checkpoint
from merge_worker.engine.models.sources import Kind
from merge_worker.evaluate.errors import EvaluationError
from merge_worker.evaluate.tasks import LocalTask, load_task
from mergehub.contracts.hardware import Needs
from mergehub.contracts.kinds.evaluate import BenchmarkResult, EvaluateResult, EvaluateSpec
from mergehub.quick_start import quick_start
from mergehub.recipe import ModelRef

if TYPE_CHECKING:
    from merge_worker.evaluate.loaded import LoadedModel

# Evaluation reads only local models and local tasks; no library may download anything.
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}

OVERHEAD = 1_200_000_000
"""Bytes that torch, transformers and the harness need besides the model."""

ROOM = 1.3
"""Memory for activations and caches, as a multiple of the parameters."""


def run(job: Job, spec: EvaluateSpec, tell: Tell) -> EvaluateResult:
    """Evaluate the model on every benchmark that no earlier attempt has finished.

    Raises:
        RunFailed: the model or a task is at fault, or this worker cannot evaluate models.
        StopRequested: the worker wants its slot back.
    """
    started = time.monotonic()
    os.environ.update(OFFLINE)
    if find_spec("lm_eval") is None:
        raise RunFailed(
            "harness-missing",
            "This worker was installed without lm-evaluation-harness: install "
            "'mergehub-worker[evaluate]' on it, or send evaluations to other hardware.",
        )
    try:
        with opened_store(job, tell):
            return _evaluate(job, spec, tell, started)
    except (EngineError, EvaluationError) as error:
        raise RunFailed("evaluation-failed", str(error)) from error


def _evaluate(job: Job, spec: EvaluateSpec, tell: Tell, started: float) -> EvaluateResult:
    tasks = [load_task(name, job.task_roots) for name in dict.fromkeys(spec.benchmarks)]
    tell.progress("open the model", 0, 0, "")
    with _named("The model's reference cannot be read"):
        reference = ModelRef.parse(spec.model)
    kind, parts = open_model(job, reference)
    digest = produced_digest(parts[0].folder) if kind == "run" else checkpoints_digest(parts)
    results = [_finished(job, task, digest) for task in tasks]
    how = How(tell.warn)
    if None in results:
        tell.send(Planned(needs=_needs(parts, on_gpu=job.hardware != "cpu")))
        loaded = _loaded(job, parts, tell, how)
        for place, task in enumerate(tasks):
            results[place] = results[place] or _measure(job, loaded, task, digest, tell)
    return EvaluateResult(
        kind="evaluate",
        model=spec.model,
        model_digest=digest,
        harness=_harness_version(),
        seconds=time.monotonic() - started,
        device=how.device,
        warnings=how.warnings,
        results=[result for result in results if result is not None],
    )


def open_model(job: Job, reference: ModelRef) -> tuple[Kind, list[Checkpoint]]:
    """The kind of the model's source; and the model, with its adapter if it has one."""
    sources = sources_of(job)
    model = sources.locate(reference.without_adapter)
    opened = open_checkpoint(model.folder, model.within)
    if reference.adapter is None:
        return model.kind, [opened]
    adapter = sources.locate(reference.adapter)
    return "folder", [opened, open_adapter(adapter.folder, adapter.within)]


def _loaded(job: Job, parts: Sequence[Checkpoint], tell: Tell, how: How) -> LoadedModel:
    """Load the model on the device that the run asks for, or on the CPU if that fails."""
    tell.progress("load the harness", 0, 0, "")
    with quick_start():  # a second less of nearly five
        from merge_worker.evaluate.loaded import LoadedModel

    def before_move() -> None:  # the worker hands the run back if it has no room for that
        tell.send(Planned(needs=_needs(parts, on_gpu=False)))

    with _named("The model cannot be loaded"):
        loaded = LoadedModel(
            parts[0].folder,
            parts[1].folder if len(parts) > 1 else None,
            on_gpu=job.hardware != "cpu",
            gpu_limit=job.gpu_limit,
            warn=how.warn,
            before_move=before_move,
        )
    how.device = loaded.device
    return loaded


def _needs(parts: Sequence[Checkpoint], *, on_gpu: bool) -> Needs:
    """The memory needed: CPUs load a model as float32, GPUs as stored; both need working memory."""
    regions = [region for part in parts for region in part.tensors.values()]
    if not on_gpu:
        return Needs(memory=OVERHEAD + int(ROOM * sum(4 * region.size for region in regions)))
    return Needs(memory=OVERHEAD, gpu_memory=int(ROOM * sum(region.nbytes for region in regions)))


def _measure(
    job: Job, loaded: LoadedModel, task: LocalTask, model_digest: str, tell: Tell
) -> BenchmarkResult:
    stage = f"evaluate {task.name}"[:100]
    tell.progress(stage, 0, 0, "items")
    with _named(f"The model cannot be evaluated on {task.name}"):
        result = loaded.measure(
            task, lambda done, total: tell.progress(stage, done, total, "items")
        )
    path = _path(job, task, model_digest)
    fresh = path.with_suffix(".new")
    fresh.write_text(result.model_dump_json(), encoding="utf-8")
    fresh.replace(path)
    return result


@contextmanager
def _named(what: str) -> Iterator[None]:
    """Say what failed, for any error of a library; another attempt would raise it again."""
    try:
        yield
    except (StopRequested, EvaluationError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_disk_full(error):
            raise disk_full(error) from error
        traceback.print_exc()
        raise EvaluationError(f"{what}: {type(error).__name__}: {error}") from error


def _finished(job: Job, task: LocalTask, model_digest: str) -> BenchmarkResult | None:
    """An earlier attempt's result for the same weights, task and harness, or None."""
    path = _path(job, task, model_digest)
    return BenchmarkResult.model_validate_json(path.read_bytes()) if path.is_file() else None


def _path(job: Job, task: LocalTask, model_digest: str) -> Path:
    basis = f"{model_digest} {task.version} {_harness_version()}"
    mark = hashlib.sha256(basis.encode()).hexdigest()[:16]
    return job.scratch_folder / f"{task.name}-{mark}.json"


def _harness_version() -> str:
    return f"lm-eval {version('lm-eval')}"
