"""Measures a model on tasks: what is known is answered at once, and the rest is computed."""

from __future__ import annotations

import hashlib
import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from merge_worker.child.failure import RunFailed, disk_full, is_disk_full
from merge_worker.child.how import How
from merge_worker.child.messages import Job, Planned
from merge_worker.child.tell import StopRequested, Tell
from merge_worker.engine.files.dtypes import TO_TORCH_NAME
from merge_worker.evaluate.answers import Answers
from merge_worker.evaluate.errors import EvaluationError
from merge_worker.evaluate.settings import Settings
from merge_worker.evaluate.tasks.finding import Task, find_task, has_task
from merge_worker.evaluate.tasks.own import ONLINE
from mergehub.contracts.kinds.evaluate import BenchmarkResult, HowEvaluated
from mergehub.quick_start import quick_start

from .kept import Kept, Measured
from .subjects import Subject

if TYPE_CHECKING:
    from merge_worker.evaluate.loaded import LoadedModel

# For local tasks: no library may download anything.
OFFLINE: Final = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
KEPT: Final = "evaluations"
"""The folder of kept results, in the worker's scratch folder."""


def prepare(job: Job, benchmarks: Sequence[str]) -> None:
    """Set what the libraries read when they are imported. Raises RunFailed if they are missing.

    They may download data only for a task of the harness that the operator allows.
    """
    local = all(has_task(name, job.task_roots) for name in benchmarks)
    os.environ.update(OFFLINE if local or not job.harness_tasks else ONLINE)
    if find_spec("lm_eval") is None:
        raise RunFailed(
            "harness-missing",
            "This worker was installed without lm-evaluation-harness: install "
            "'mergehub-worker[evaluate]' on it, or send evaluations to other hardware.",
        )


def tasks_of(job: Job, benchmarks: Sequence[str]) -> list[Task]:
    """The tasks of these names, each once. Raises TaskError."""
    names = dict.fromkeys(benchmarks)
    return [find_task(name, job.task_roots, job.harness_tasks) for name in names]


@dataclass(frozen=True)
class Measuring:
    """Measures models for one run, in its way."""

    job: Job
    asked: HowEvaluated
    tasks: Sequence[Task]
    tell: Tell
    how: How

    def measure(self, subject: Subject, named: str = "") -> list[BenchmarkResult]:
        """The results of a model on every task; `named` tells it from others in the progress.

        Raises:
            EvaluationError: it cannot be loaded or measured.
            StopRequested: the worker wants its slot back.
        """
        settings = self._settings(subject)
        results = [self._known(subject, task, settings) for task in self.tasks]
        if None in results:
            self.tell.send(Planned(needs=subject.needs(on_gpu=self._on_gpu)))
            loaded = self._loaded(subject)
            for place, task in enumerate(self.tasks):
                results[place] = results[place] or self._measured(
                    loaded, subject, task, settings, named
                )
        return [result for result in results if result is not None]

    @property
    def _on_gpu(self) -> bool:
        return self.job.hardware != "cpu"

    @property
    def _kept(self) -> Kept:
        return Kept(self.job.scratch / KEPT)

    def _settings(self, subject: Subject) -> Settings:
        return Settings(
            precision=_stored_type(subject) if self._on_gpu else "float32",
            limit=self.asked.limit,
            chat_template=self.asked.chat_template,
        )

    def _known(self, subject: Subject, task: Task, settings: Settings) -> BenchmarkResult | None:
        """What this run measured in an earlier attempt or, unless it is `fresh`, another run."""
        found = self._kept.find(subject.identity, task.digest, settings.plain())
        if found is None or (self.asked.fresh and found.run != self.job.run_id):
            return None
        cached = found.run if found.run != self.job.run_id else None
        return found.result.model_copy(update={"benchmark": task.name, "cached": cached})

    def _loaded(self, subject: Subject) -> LoadedModel:
        """Load the model on the device that the run asks for, or on the CPU if that fails."""
        self.tell.progress("load the harness", 0, 0, "")
        with quick_start():  # a second less of nearly five
            from merge_worker.evaluate.loaded import LoadedModel

        def before_move() -> None:  # the worker hands the run back if it has no room for that
            self.tell.send(Planned(needs=subject.needs(on_gpu=False)))

        with named_error("The model cannot be loaded"):
            loaded = LoadedModel(
                subject.load(),
                on_gpu=self._on_gpu,
                gpu_limit=self.job.gpu_limit,
                warn=self.how.warn,
                before_move=before_move,
                free=self._left(subject),
            )
        self.how.device = loaded.device
        return loaded

    def _left(self, subject: Subject) -> int | None:
        """Bytes of memory that are left for batches once the model is loaded."""
        capacity = self.job.capacity.memory
        return None if capacity is None else max(0, capacity - subject.needs(on_gpu=False).memory)

    def _measured(
        self, loaded: LoadedModel, subject: Subject, task: Task, settings: Settings, named: str
    ) -> BenchmarkResult:
        stage = f"evaluate {task.name}{named}"[:100]
        self.tell.progress(stage, 0, 0, "items")
        mark = hashlib.sha256(f"{subject.identity} {task.digest} {asdict(settings)}".encode())
        self.job.scratch_folder.mkdir(parents=True, exist_ok=True)
        path = self.job.scratch_folder / f"{task.name}-{mark.hexdigest()[:16]}.answers"
        with named_error(f"The model cannot be evaluated on {task.name}"), Answers(path) as answers:
            result = loaded.measure(
                task,
                settings,
                answers,
                lambda done, total: self.tell.progress(stage, done, total, "items"),
            )
            used = replace(settings, precision=result.precision or settings.precision)
            kept = Measured(run=self.job.run_id, result=result)
            self._kept.keep(subject.identity, task.digest, used.plain(), kept)
        path.unlink(missing_ok=True)
        return result


@contextmanager
def named_error(what: str) -> Iterator[None]:
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


def _stored_type(subject: Subject) -> str:
    """The type of most of a model's elements, in which a GPU computes."""
    volume: dict[str, int] = {}
    for region in subject.regions:
        volume[region.dtype] = volume.get(region.dtype, 0) + region.size
    most = max(volume, key=lambda name: volume[name], default="F32")
    return TO_TORCH_NAME.get(most, most)
