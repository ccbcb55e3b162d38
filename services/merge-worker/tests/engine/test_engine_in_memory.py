"""Merges in memory: the digest, the bytes and the companions of those that are written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open

from merge_worker.engine import InputChangedError, MergeOptions
from merge_worker.engine.in_memory import merge_in_memory

MODELS = [{"model": "./a", "parameters": {"weight": 0.5}}, {"model": "./b"}]
RECIPES: dict[str, dict[str, Any]] = {
    "linear": {"merge_method": "linear", "models": MODELS, "out_dtype": "float32"},
    "dare": {"merge_method": "dare_ties", "base_model": "./base", "models": MODELS,
             "parameters": {"density": 0.5, "weight": 1.0}},
    "slerp": {"merge_method": "slerp", "models": [{"model": "./a"}, {"model": "./b"}],
              "parameters": {"t": 0.3}},
    "copy": {"merge_method": "passthrough", "models": [{"model": "./a"}]},
}  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_merge_in_memory_is_the_one_on_disk(workshop: Any, tmp_path: Path, name: str) -> None:
    for number, model in enumerate(("base", "a", "b")):
        workshop.model(model, workshop.llama(number))
    written = workshop.merge(RECIPES[name], "written")
    folder = tmp_path / "beside"
    folder.mkdir()
    opened = len(os.listdir("/proc/self/fd"))
    made = merge_in_memory(workshop.plan(RECIPES[name]), folder, MergeOptions(threads=2))
    assert made.output_digest == written.output_digest
    with safe_open(written.folder / "model.safetensors", "numpy") as file:
        assert set(file.keys()) == made.tensors.keys()
        for tensor in made.tensors:
            stored = file.get_slice(tensor)
            assert list(made.tensors[tensor].shape) == stored.get_shape()
            assert made.tensors[tensor].dtype == stored.get_dtype()
    beside = {path.name for path in written.folder.iterdir()}
    ours = {path.name for path in folder.iterdir()}
    assert ours == beside - {"model.safetensors", "README.md", "recipe.yml", "manifest.json",
                             "mergehub.lock.json"}  # fmt: skip
    for path in folder.iterdir():
        assert path.read_bytes() == (written.folder / path.name).read_bytes()
    del made  # and with it the memory
    assert len(os.listdir("/proc/self/fd")) == opened


def test_progress_is_reported_and_a_changed_ingredient_is_noticed(
    workshop: Any, tmp_path: Path
) -> None:
    for number, model in enumerate(("a", "b")):
        workshop.model(model, workshop.llama(number))
    plan = workshop.plan(RECIPES["linear"])
    seen: list[Any] = []
    merge_in_memory(plan, tmp_path, on_progress=seen.append)
    assert seen[-1].tensors_done == seen[-1].tensors_total == len(plan.tensors)
    assert seen[-1].bytes_done == plan.bytes_out
    os.utime(workshop.folder / "b" / "model.safetensors")
    with pytest.raises(InputChangedError, match="plan the merge again"):
        merge_in_memory(plan, tmp_path)
