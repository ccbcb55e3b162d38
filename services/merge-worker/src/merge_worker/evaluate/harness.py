"""One model in lm-evaluation-harness: loaded once, then evaluated on one task after another."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
import transformers.modeling_utils  # noqa: F401 - otherwise while a model is loaded
from datasets import Dataset  # type: ignore[import-untyped]
from lm_eval.api.metrics import mean
from lm_eval.api.registry import metric_registry
from lm_eval.api.task import ConfigurableTask
from lm_eval.evaluator import evaluate

from mergehub.contracts.kinds.evaluate import BenchmarkResult

from .answering import Answering, OnItems, Work
from .answers import Answers
from .device import LARGEST, ON_GPU, Batching, Footprint, Way, memory_fraction
from .errors import EvaluationError, GpuError, GpuMemoryError, TaskError
from .settings import Settings, harness_version
from .tasks.finding import Task
from .tasks.local import LocalTask
from .tasks.own import OwnTask
from .tasks.templates import with_safe_templates

BOOTSTRAP_ITERATIONS = 1000  # for metrics whose standard error has no closed form


def gpu_fault() -> str | None:
    """Why PyTorch cannot use a GPU here, or None if it can."""
    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return "this PyTorch is built for CPUs only: install the build for CUDA"
    return "PyTorch finds no GPU that it can use"


def gpu_name() -> str:
    """The GPU for a record."""
    return f"{ON_GPU.device} ({torch.cuda.get_device_name(0)})"


@dataclass(frozen=True)
class Stored:
    """A model in a folder, and the folder of an adapter that is applied to it."""

    folder: Path
    adapter: Path | None = None

    def load(self, way: Way) -> Answering:
        """Load the model. Only its weights and its tokenizer are used; its code never runs."""
        loaded = Answering(**arguments(self.folder, self.adapter, way))
        if self.adapter:
            # One matrix instead of three for each layer that the adapter changes.
            loaded._model = loaded.model.merge_and_unload()
        return loaded


class Loadable(Protocol):
    """A model that can be loaded on a device."""

    def load(self, way: Way) -> Answering: ...


def arguments(folder: Path, adapter: Path | None, way: Way) -> dict[str, Any]:
    """What the harness's model is made from."""
    return {
        "pretrained": str(folder),
        "peft": str(adapter) if adapter else None,
        "device": way.device,
        "dtype": way.dtype,
        "batch_size": LARGEST,
        "trust_remote_code": False,
        "use_safetensors": True,
    }


class Harness:
    """A model to evaluate on one task after another."""

    def __init__(
        self, model: Loadable, way: Way, gpu_limit: int | None = None, free: int | None = None
    ) -> None:
        """`gpu_limit` is how many bytes of the GPU's memory may be used, `free` how many bytes of
        the machine's memory are left for batches, if that is known.

        Raises:
            GpuError: the GPU failed, or cannot hold the model.
        """
        if "OMP_NUM_THREADS" not in os.environ:
            # Beside other programs, threads wait for each other: two were 12 times slower.
            torch.set_num_threads(1)
        self._allowed = _limited(gpu_limit) if way.on_gpu else None
        self._way, self._free_memory = way, free
        with _gpu_errors("hold the model"):
            self._model = model.load(way)

    def measure(
        self, asked: Task, settings: Settings, answers: Answers, on_items: OnItems
    ) -> BenchmarkResult:
        """Return the score of the task's first metric; calls `on_items(items done, all items)`.

        Raises:
            EvaluationError: a chat template is asked for, and the model has none.
            GpuMemoryError: the GPU has no memory for a single row.
            GpuError: the GPU failed.
        """
        if settings.chat_template and not self._model.tokenizer.chat_template:
            raise EvaluationError("The model has no chat template: evaluate it without one.")
        task = _harness_task(asked, settings.seed)
        work = Work(task, self._batching(), answers, settings.seed, on_items)
        self._model.work = work
        with _gpu_errors(f"evaluate {asked.name}"):
            outcome = evaluate(
                lm=self._model,
                task_dict={"tasks": {asked.name: task}},
                limit=settings.limit,
                apply_chat_template=settings.chat_template,
                bootstrap_iters=BOOTSTRAP_ITERATIONS,
            )
        assert outcome is not None, "one process is rank 0"
        return _result(asked, task, outcome).model_copy(
            update={
                "batch_size": work.largest,
                "precision": str(self._model.model.dtype).removeprefix("torch."),
                "limited": settings.limit is not None and settings.limit < len(task.eval_docs),
                "chat_template": settings.chat_template,
                "seed": settings.seed,
            }
        )

    def _batching(self) -> Batching:
        """How large batches may be, from the model's size and the memory that is free now."""
        model = self._model.model
        config = model.config.get_text_config().to_dict()
        footprint = Footprint.of(config, self._model.vocab_size, model.dtype.itemsize)
        return Batching(self._way, footprint, self._free())

    def _free(self) -> int | None:
        """Bytes of memory that are left for batches, if known."""
        if self._allowed is None:
            return self._free_memory
        return min(torch.cuda.mem_get_info()[0], self._allowed - torch.cuda.memory_reserved())


def _limited(limit: int | None) -> int:
    """Let PyTorch use at most `limit` bytes of the GPU; returns how many it may use."""
    total = torch.cuda.get_device_properties(0).total_memory
    fraction = memory_fraction(limit, total)
    torch.cuda.set_per_process_memory_fraction(fraction)
    return int(total * fraction)


@contextmanager
def _gpu_errors(what: str) -> Iterator[None]:
    try:
        yield
    except GpuMemoryError:
        raise GpuMemoryError(f"The GPU has not enough memory to {what} row by row") from None
    except torch.OutOfMemoryError:
        raise GpuMemoryError(f"The GPU has not enough memory to {what}") from None
    except torch.AcceleratorError as error:
        raise GpuError(f"The GPU failed to {what}: {str(error).splitlines()[0]}") from error


def _harness_task(task: Task, seed: int) -> ConfigurableTask:
    built = task.build() if isinstance(task, OwnTask) else _local_task(task)
    built.set_fewshot_seed(seed)
    return built


def _local_task(local: LocalTask) -> ConfigurableTask:
    for metric in local.config.get("metric_list") or ():
        if metric.get("metric") not in metric_registry:
            raise TaskError(
                f"{local.name}: there is no metric {metric.get('metric')!r}; "
                f"the metrics are {', '.join(sorted(metric_registry))}."
            )
    config = with_safe_templates(local.config)
    # The harness gets our rows, so it opens no file and loads no data set itself.
    config |= {
        "task": local.name,
        "custom_dataset": lambda **_: {
            split: Dataset.from_list(list(rows)) for split, rows in local.rows.items()
        },
        "dataset_kwargs": None,
        "num_fewshot": local.shots,
        "metadata": None,
    }
    return ConfigurableTask(config=config)


def _result(asked: Task, task: ConfigurableTask, outcome: Mapping[str, Any]) -> BenchmarkResult:
    """The first metric under the first filter, and each item's own score if it has one."""
    metric = next(iter(task.aggregation()))
    samples = outcome["samples"][asked.name]
    rule = samples[0]["filter"]
    scores = outcome["results"][asked.name]
    chosen = [sample for sample in samples if sample["filter"] == rule]
    stderr = scores[f"{metric}_stderr,{rule}"]
    return BenchmarkResult(
        benchmark=asked.name,
        version=asked.version,
        metric=metric,
        value=float(scores[f"{metric},{rule}"]),
        stderr=float(stderr) if stderr != "N/A" else 0.0,
        count=len(chosen),
        shots=asked.shots,
        task_hash=asked.digest,
        harness_version=harness_version(),
        items=dict(_items(chosen, metric)) if task.aggregation()[metric] is mean else {},
    )


def _items(samples: Sequence[Mapping[str, Any]], metric: str) -> Iterator[tuple[str, float]]:
    """Yield each item's score by the hash of its row; a number distinguishes equal rows."""
    seen: Counter[str] = Counter()
    for sample in samples:
        key = sample["doc_hash"]
        seen[key] += 1
        yield (key if seen[key] == 1 else f"{key}-{seen[key]}"), float(sample[metric])
