"""The programs that are compared: runs as a worker's child does them, and the `lm_eval` command."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from benchmarks.evaluation.task import NAME
from benchmarks.measure import Measured, measure
from merge_worker.child.messages import Job
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.ablate import AblateSpec
from mergehub.contracts.kinds.evaluate import EvaluateSpec
from mergehub.contracts.kinds.merge import MergeSpec

BIN = Path(sys.prefix) / "bin"
MEMORY = 4 << 30
"""Bytes of free memory that each run may count on."""
BATCH = 16
"""Rows of a batch of `lm_eval`: as many as our runs begin with on a CPU."""
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
RECIPE = {"recipe_version": None, "recipe_digest": "sha256:bench"}


@dataclass(frozen=True)
class Programs:
    """What all of them need: folders of models and tasks, and a place for what they write."""

    models: Sequence[Path]
    tasks: Path
    work: Path
    threads: int

    def evaluate(self, model: str, products: dict[str, UUID] | None = None) -> Outcome:
        """An evaluate run of a model on disk."""
        spec = EvaluateSpec(kind="evaluate", model=model, model_name=model, benchmarks=[NAME])
        return self._run(spec, uuid4(), products or {})

    def evaluate_recipe(self, recipe: str) -> Outcome:
        """An evaluate run of a recipe, whose merge is not written."""
        spec = EvaluateSpec(
            kind="evaluate", model="recipe:bench", model_name="recipe:bench", benchmarks=[NAME],
            recipe=recipe, **RECIPE,
        )  # fmt: skip
        return self._run(spec, uuid4(), {})

    def ablate(self, recipe: str) -> Outcome:
        """An ablate run: the whole merge, and without each ingredient."""
        spec = AblateSpec(
            kind="ablate", recipe=recipe, model_name="recipe:bench", benchmarks=[NAME], **RECIPE
        )
        return self._run(spec, uuid4(), {})

    def merge(self, recipe: str, run: UUID) -> Outcome:
        """A merge run, which writes a model and its manifest."""
        spec = MergeSpec(kind="merge", recipe=recipe, model_name="bench", seed=0, **RECIPE)
        return self._run(spec, run, {})

    def lm_eval(self, model: Path, batch_size: int) -> Outcome:
        """The command of lm-evaluation-harness, with the settings of our runs."""
        out = self.work / f"lm-eval-{uuid4()}"
        command = [
            BIN / "lm_eval", "--model", "hf",
            "--model_args", f"pretrained={model},dtype=float32",
            "--tasks", NAME, "--include_path", self.tasks, "--device", "cpu",
            "--batch_size", str(batch_size), "--output_path", out,
        ]  # fmt: skip
        took = measure(command, OFFLINE | self._threads)
        (found,) = out.rglob("results_*.json")
        return Outcome(took, json.loads(found.read_text())["results"][NAME])

    def python(self, statement: str) -> Outcome:
        """A statement in a Python of its own."""
        command = [sys.executable, "-c", statement]
        return Outcome(measure(command, OFFLINE | self._threads), {})

    @property
    def _threads(self) -> dict[str, str]:
        return {"OMP_NUM_THREADS": str(self.threads)}

    def _run(self, spec: Any, run: UUID, products: dict[str, UUID]) -> Outcome:
        """Do a run in a process of its own, which knows nothing of earlier ones."""
        scratch = self.work / f"scratch-{uuid4()}"
        job = Job(
            run_id=run, spec=spec, products=products, hardware="cpu",
            capacity=Capacity(memory=MEMORY), model_roots=tuple(self.models),
            task_roots=(self.tasks,), artifacts=self.work / "artifacts", scratch=scratch,
            parent=os.getpid(),
        )  # fmt: skip
        job.scratch_folder.mkdir(parents=True)
        given, said = scratch / "job.json", scratch / "said.jsonl"
        given.write_text(job.model_dump_json())
        child = f"exec {shlex.quote(sys.executable)} -m merge_worker.execution.child"
        shell = f"{child} < {shlex.quote(str(given))} > {shlex.quote(str(said))}"
        took = measure(["sh", "-c", shell], self._threads)
        last = json.loads(said.read_text().splitlines()[-1])
        if last["kind"] != "succeeded":
            raise RuntimeError(f"The run failed: {last}")
        return Outcome(took, last["result"])


@dataclass(frozen=True)
class Outcome:
    """How long a program took, and what it found."""

    took: Measured
    found: dict[str, Any]
