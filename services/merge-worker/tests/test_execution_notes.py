"""A run's result contains the notes of its merge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from at_work import merge_spec
from safetensors.numpy import save_file

from merge_worker.child.messages import MESSAGE, Job, Succeeded
from merge_worker.engine.planning.noting import LONGEST, MOST
from mergehub.cli.kinds.merge import outcome
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.merge import MergeResult

pytestmark = pytest.mark.process

RECIPE = "{merge_method: linear, models: [{model: one}, {model: two}]}"


def model(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))
    tensors = {name: np.ones((2, 2), np.float32) for name in names}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture
def result(tmp_path: Path) -> MergeResult:
    """A child's report of a merge that leaves out a tensor of the second model."""
    name = "model.layers.0.mlp.up_proj.weight"
    model(tmp_path / "models" / "one", name)
    model(tmp_path / "models" / "two", name, "lm_head.weight")
    job = Job(
        run_id=uuid4(),
        spec=merge_spec(RECIPE),
        products={},
        hardware="cpu",
        capacity=Capacity(),
        model_roots=(tmp_path / "models",),
        task_roots=(),
        artifacts=tmp_path / "artifacts",
        scratch=tmp_path / "scratch",
        parent=os.getpid(),
    )
    child = subprocess.run(
        [sys.executable, "-m", "merge_worker.execution.child"],
        input=job.model_dump_json().encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=120,
    )
    last = MESSAGE.validate_json(child.stdout.splitlines()[-1])
    assert isinstance(last, Succeeded), last
    assert isinstance(last.result, MergeResult)
    return last.result


def test_a_run_reports_the_notes_of_its_merge_and_the_shell_says_them(result: MergeResult) -> None:
    note = "two has tensors that the output lacks: lm_head.weight"
    assert result.notes == [note]
    assert f"\nnote: {note}\n" in outcome(result)


def test_the_most_and_longest_notes_fit_into_a_report(result: MergeResult) -> None:
    notes = [f"{i:0{LONGEST}}" for i in range(MOST)]
    body = result.model_dump(mode="json") | {"notes": notes}
    assert MergeResult.model_validate(body).notes == notes
