"""One model in lm-evaluation-harness: loaded once, then evaluated on one task after another."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset  # type: ignore[import-untyped]
from lm_eval.api.metrics import mean
from lm_eval.api.model import CacheHook
from lm_eval.api.registry import metric_registry
from lm_eval.api.task import ConfigurableTask
from lm_eval.defaults import DEFAULT_OTHER_SEED
from lm_eval.evaluator import evaluate
from lm_eval.models.huggingface import HFLM

from mergehub.contracts.hardware import Hardware
from mergehub.contracts.kinds.evaluate import BenchmarkResult

from .errors import TaskError
from .tasks import LocalTask
from .templates import with_safe_templates

# On a CPU. Generation reads all weights for each token, so many rows should share that cost.
# Likelihoods keep a row of the vocabulary for each token of each item, which must fit into memory.
BATCH_SIZES = {"generate_until": 64}
BATCH_SIZE = 16
BOOTSTRAP_ITERATIONS = 1000  # for metrics whose standard error has no closed form

OnItems = Callable[[int, int], None]


class Harness:
    """A model to evaluate. Only its weights and its tokenizer are used; its code never runs."""

    def __init__(self, folder: Path, adapter: Path | None, hardware: Hardware) -> None:
        on_cpu = hardware == "cpu"
        if "OMP_NUM_THREADS" not in os.environ:
            # Beside other programs, threads wait for each other: two were 12 times slower.
            torch.set_num_threads(1)
        self._model = HFLM(
            pretrained=str(folder),
            peft=str(adapter) if adapter else None,
            device="cpu" if on_cpu else "cuda",
            dtype="float32" if on_cpu else "auto",
            batch_size=BATCH_SIZE if on_cpu else "auto",
            trust_remote_code=False,
            use_safetensors=True,
        )
        self._on_cpu = on_cpu
        if adapter:
            # One matrix instead of three for each layer that the adapter changes.
            self._model._model = self._model.model.merge_and_unload()

    def measure(self, local: LocalTask, on_items: OnItems) -> BenchmarkResult:
        """Return the score of `local`'s first metric; calls `on_items(items done, all items)`."""
        task = _harness_task(local)
        self._model.set_cache_hook(_AnswerCounter(task, on_items))
        if self._on_cpu:
            self._model.batch_size_per_gpu = BATCH_SIZES.get(task.OUTPUT_TYPE, BATCH_SIZE)
        torch.manual_seed(DEFAULT_OTHER_SEED)
        outcome = evaluate(
            lm=self._model,
            task_dict={"tasks": {local.name: task}},
            bootstrap_iters=BOOTSTRAP_ITERATIONS,
        )
        assert outcome is not None, "one process is rank 0"
        return _result(local, task, outcome)


class _AnswerCounter(CacheHook):  # type: ignore[misc]
    """Counts the answers that the harness offers to its cache."""

    def __init__(self, task: ConfigurableTask, on_items: OnItems) -> None:
        super().__init__(None)
        self._task = task
        self._on_items = on_items
        self._answers = 0

    def add_partial(self, attr: str, req: Any, res: Any) -> None:
        self._answers += 1
        items = len(self._task.eval_docs)
        done = (
            self._answers * items // len(self._task.instances)
        )  # a multiple-choice item needs several answers
        self._on_items(min(done, items), items)


def _harness_task(local: LocalTask) -> ConfigurableTask:
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
    task = ConfigurableTask(config=config)
    task.set_fewshot_seed(DEFAULT_OTHER_SEED)
    return task


def _result(
    local: LocalTask, task: ConfigurableTask, outcome: Mapping[str, Any]
) -> BenchmarkResult:
    """The first metric under the first filter, and each item's own score if it has one."""
    metric = next(iter(task.aggregation()))
    samples = outcome["samples"][local.name]
    rule = samples[0]["filter"]
    scores = outcome["results"][local.name]
    chosen = [sample for sample in samples if sample["filter"] == rule]
    stderr = scores[f"{metric}_stderr,{rule}"]
    return BenchmarkResult(
        benchmark=local.name,
        version=local.version,
        metric=metric,
        value=float(scores[f"{metric},{rule}"]),
        stderr=float(stderr) if stderr != "N/A" else 0.0,
        count=len(chosen),
        shots=local.shots,
        items=dict(_items(chosen, metric)) if task.aggregation()[metric] is mean else {},
    )


def _items(samples: Sequence[Mapping[str, Any]], metric: str) -> Iterator[tuple[str, float]]:
    """Yield each item's score by the hash of its row; a number distinguishes equal rows."""
    seen: Counter[str] = Counter()
    for sample in samples:
        key = sample["doc_hash"]
        seen[key] += 1
        yield (key if seen[key] == 1 else f"{key}-{seen[key]}"), float(sample[metric])
