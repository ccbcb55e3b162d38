"""The result of a finished merge, read from its folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from merge_worker.child.how import How
from merge_worker.child.identity import weights_digest
from merge_worker.child.produced import merge_result
from merge_worker.engine import Sources, merge, plan_merge
from merge_worker.provenance.subjects import files_of
from mergehub.recipe import parse_recipe

RECIPE = "{merge_method: linear, models: [{model: one}, {model: two}], %s}"
NAME = "model.layers.0.mlp.up_proj.weight"


def model(folder: Path, value: float) -> None:
    folder.mkdir()
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"x": 0}}}')
    tensors = {NAME: np.full((2, 2), value, np.float32)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("option", ["tokenizer_source: words", "base_model: words"])
def test_a_model_that_gives_only_the_tokenizer_is_no_parent(tmp_path: Path, option: str) -> None:
    for value, name in enumerate(("one", "two", "words")):
        model(tmp_path / name, value)
    recipe = parse_recipe(RECIPE % option)
    merge(plan_merge(recipe, Sources(roots=(tmp_path,))), tmp_path / "out")
    result = merge_result(
        tmp_path / "out", recipe, tmp_path, 1, How("cpu"), files_of(tmp_path / "out")
    )
    assert [parent.name for parent in result.parents] == ["one", "two"]


@pytest.mark.parametrize(("t", "weights"), [("0.25", [0.75, 0.25]), ("[0, 1]", [None, None])])
def test_the_t_of_slerp_is_the_weight_of_its_models(
    tmp_path: Path, t: str, weights: list[float | None]
) -> None:
    for value, name in enumerate(("one", "two"), 1):
        model(tmp_path / name, value)
    recipe = parse_recipe(
        "{merge_method: slerp, base_model: one, models: [{model: two}, {model: one}], "
        f"parameters: {{t: {t}}}}}"
    )
    merge(plan_merge(recipe, Sources(roots=(tmp_path,))), tmp_path / "out")
    result = merge_result(
        tmp_path / "out", recipe, tmp_path, 1, How("cpu"), files_of(tmp_path / "out")
    )
    found = {parent.name: (parent.role, parent.weight) for parent in result.parents}
    assert found == {"one": ("base", weights[0]), "two": ("ingredient", weights[1])}


def test_weights_that_only_came_along_are_not_those_of_the_model() -> None:
    alone = {"model.safetensors": "a" * 64}
    more = {"2_Dense/model.safetensors": "b" * 64, "tokenizer.json": "c" * 64}
    assert weights_digest([alone]) == weights_digest([alone | more])
