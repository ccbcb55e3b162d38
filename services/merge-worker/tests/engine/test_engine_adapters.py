"""LoRA adapters as ingredients: what they add, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from merge_worker.engine import CheckpointError, NotSupportedError, PlanError
from merge_worker.engine.models.adapter_names import by_stored_name

MODULE = "model.layers.0.mlp.up_proj"  # 24 x 8
KEY = f"base_model.model.{MODULE}"


def sides(rank: int = 3, rows: int = 24, columns: int = 8) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    return {
        f"{KEY}.lora_A.weight": rng.standard_normal((rank, columns)).astype(np.float32),
        f"{KEY}.lora_B.weight": rng.standard_normal((rows, rank)).astype(np.float32),
    }


def recipe(model: str) -> dict[str, Any]:
    return {"merge_method": "passthrough", "models": [{"model": model}], "dtype": "float32"}


@pytest.mark.parametrize(
    ("config", "scaling"),
    [
        ({"r": 3, "lora_alpha": 6}, 2),
        ({"r": 3, "lora_alpha": 6, "use_rslora": True}, 6 / np.sqrt(3)),
        ({"r": 8, "lora_alpha": 6, "rank_pattern": {"up_proj": 3}}, 2),
        ({"r": 3, "lora_alpha": 6, "alpha_pattern": {r"layers\.0\.mlp\.up_proj$": 12}}, 4),
        ({"r": 3, "lora_alpha": 6, "alpha_pattern": {f"^{MODULE}": 12, "up_proj": 1}}, 4),
        ({"r": 3, "lora_alpha": 6, "alpha_pattern": {"^up_proj": 12, "p_proj": 12}}, 2),
    ],
)
def test_an_adapter_adds_its_scaled_product(
    workshop: Any, config: dict[str, Any], scaling: float
) -> None:
    base = workshop.llama(0)
    workshop.model("m", base, dtype="F32")
    workshop.adapter("lora", sides(), **config)
    found = workshop.merged(recipe("./m+./lora"))
    a, b = (v.astype(float) for v in sides().values())
    expected = {**base, f"{MODULE}.weight": base[f"{MODULE}.weight"] + scaling * (b @ a)}
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=2e-6, atol=2e-6)


def test_an_adapter_stored_the_other_way_round_is_flipped(workshop: Any) -> None:
    base = workshop.llama(0)
    workshop.model("m", base, dtype="F32")
    workshop.adapter("lora", sides(rows=8, columns=24), r=3, lora_alpha=3, fan_in_fan_out=True)
    found = workshop.merged(recipe("./m+./lora"))[f"{MODULE}.weight"]
    a, b = (v.astype(float) for v in sides(rows=8, columns=24).values())
    np.testing.assert_allclose(found, base[f"{MODULE}.weight"] + (b @ a).T, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("method", ["task_arithmetic", "ties", "linear"])
def test_an_adapter_merges_as_the_dense_model_it_stands_for(workshop: Any, method: str) -> None:
    base = workshop.llama(0)
    workshop.model("m", base, dtype="F32")
    workshop.model("other", workshop.llama(2), dtype="F32")
    workshop.adapter("lora", sides(), r=3, lora_alpha=6)
    a, b = sides().values()
    delta = np.zeros((24, 8), np.float32)
    for r in range(3):  # in the order of the rank, in float32
        delta += b[:, r : r + 1] * a[r]
    dense = {**base, f"{MODULE}.weight": base[f"{MODULE}.weight"] + np.float32(2) * delta}
    workshop.model("dense", dense, dtype="F32")
    merged = []
    for name in ("./m+./lora", "./dense"):
        document = {
            "merge_method": method,
            "base_model": "./m",
            "models": [{"model": name}, {"model": "./other"}],
        }
        merged.append(workshop.merged(document, f"out{len(merged)}"))
    for name in merged[0]:
        assert (merged[0][name] == merged[1][name]).all()


@pytest.mark.parametrize(
    ("tensors", "config", "error", "words"),
    [
        ({}, {"use_dora": True}, NotSupportedError, "use_dora"),
        ({}, {"bias": "all"}, NotSupportedError, "bias"),
        ({}, {"modules_to_save": ["lm_head"]}, NotSupportedError, "modules_to_save"),
        ({}, {"init_lora_weights": "pissa"}, NotSupportedError, "path_initial_model_for_weight"),
        ({}, {"init_lora_weights": "pissa_niter_4"}, NotSupportedError, "model's own weights"),
        ({}, {"init_lora_weights": "OLoRA"}, NotSupportedError, "model's own weights"),
        ({}, {"init_lora_weights": "corda"}, NotSupportedError, "model's own weights"),
        ({}, {"init_lora_weights": "loftq"}, NotSupportedError, "model's own weights"),
        ({}, {"init_lora_weights": "lora_ga"}, NotSupportedError, "model's own weights"),
        ({}, {"init_lora_weights": "new"}, NotSupportedError, "which is unknown"),
        ({}, {"layer_replication": [[0, 2]]}, NotSupportedError, "with repeated layers"),
        ({}, {"alora_invocation_tokens": [3]}, NotSupportedError, "some tokens only"),
        ({}, {"target_parameters": ["mlp.experts.down_proj"]}, NotSupportedError, "not built yet"),
        ({}, {"use_newlora": True}, NotSupportedError, "use_newlora: True; this key is unknown"),
        ({}, {"new": "x" * 10_000}, NotSupportedError, "new: 'x{199}…; this key is unknown"),
        ({}, {"peft_type": "IA3"}, NotSupportedError, "IA3"),
        ({"base_model.model.lm_head.weight": np.ones((2, 2))}, {}, NotSupportedError, "lm_head"),
        ({f"{KEY}.lora_B.weight": np.ones((24, 4))}, {}, CheckpointError, "B @ A"),
        ({f"{KEY}.lora_B.weight": np.ones((23, 3))}, {}, PlanError, r"\[23, 8\]"),
        ({f"{KEY}x.lora_A.weight": np.ones((3, 8))}, {}, CheckpointError, "lacks lora_A or lora_B"),
        (
            {f"{KEY}x.lora_A.weight": np.ones((3, 8)), f"{KEY}x.lora_B.weight": np.ones((8, 3))},
            {},
            PlanError,
            "which its model lacks",
        ),
        ({}, {"r": 4}, CheckpointError, "says rank 4"),
        ({}, {"alpha_pattern": {r"((\w+\.?)+)+!": 1}}, NotSupportedError, "a regular expression"),
        ({}, {"rank_pattern": {"up_proj": "3"}}, CheckpointError, "has the r '3' for"),
        ({}, {"rank_pattern": ["up_proj"]}, CheckpointError, "rank_pattern in .* mapping"),
        ({}, {"lora_alpha": "much"}, CheckpointError, "has the lora_alpha 'much' for"),
        ({}, {"lora_alpha": 10**39}, CheckpointError, "a number that float32 can hold"),
    ],
)
def test_what_an_adapter_may_not_be_is_refused(
    workshop: Any,
    tensors: dict[str, Any],
    config: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    workshop.model("m", workshop.llama(0))
    workshop.adapter("lora", {**sides(), **tensors}, **{"r": 3, **config})
    with pytest.raises(error, match=words):
        workshop.plan(recipe("./m+./lora"))


@pytest.mark.parametrize(
    "config",
    [
        {"init_lora_weights": True},
        {"init_lora_weights": False},
        {"init_lora_weights": "gaussian"},
        {"init_lora_weights": "eva", "eva_config": {"rho": 2.0}},
        {"init_lora_weights": "orthogonal"},
        {"init_lora_weights": "mica"},
        {"lora_dropout": 0.1, "layers_to_transform": [0], "revision": "main"},
        {"megatron_core": "megatron.core", "qalora_group_size": 16, "new": None, "use_new": False},
    ],
)
def test_keys_without_effect_on_a_merge_change_nothing(
    workshop: Any, config: dict[str, Any]
) -> None:
    workshop.model("m", workshop.llama(0))
    workshop.adapter("plain", sides(), r=3)
    workshop.adapter("lora", sides(), r=3, **config)
    plain, ours = (
        workshop.merged(recipe(f"./m+./{name}"), f"out-{name}") for name in ("plain", "lora")
    )
    assert all((ours[name] == values).all() for name, values in plain.items())


VISION_LANGUAGE = [
    ("model.layers.0.mlp", "model.language_model.layers.0.mlp"),
    ("language_model.model.layers.0.mlp", "model.language_model.layers.0.mlp"),
    ("model.language_model.layers.0.mlp", "language_model.model.layers.0.mlp"),
    ("vision_tower.vision_model.encoder.layers.0.mlp", "model.vision_tower.encoder.layers.0.mlp"),
    ("visual.blocks.0.mlp", "model.visual.blocks.0.mlp"),
]


@pytest.mark.parametrize(("stored", "module"), VISION_LANGUAGE)
def test_an_adapter_named_as_transformers_names_modules_fits_the_checkpoints_names(
    stored: str, module: str
) -> None:
    names = {f"{stored}.up_proj.weight", "multi_modal_projector.linear_1.weight"}
    assert by_stored_name({f"{module}.up_proj.weight": 1}, names, "m+lora") == {
        f"{stored}.up_proj.weight": 1
    }


def test_a_name_that_could_mean_two_tensors_is_not_guessed() -> None:
    names = {"model.layers.0.q.weight", "language_model.layers.0.q.weight"}
    asked = {"model.language_model.layers.0.q.weight": 1}
    assert by_stored_name(asked, names, "m+lora") == asked


def test_two_names_of_an_adapter_for_one_tensor_are_refused() -> None:
    asked = {"model.layers.0.q.weight": 1, "language_model.layers.0.q.weight": 2}
    with pytest.raises(PlanError, match="twice, by two names"):
        by_stored_name(asked, {"model.layers.0.q.weight"}, "m+lora")


def test_a_refusal_says_that_the_names_differ(workshop: Any) -> None:
    workshop.model("m", workshop.llama(0))
    parts = {name.replace("model.layers", "decoder.layers"): v for name, v in sides().items()}
    workshop.adapter("lora", parts, r=3)
    with pytest.raises(PlanError, match=r"it has 'model\.layers\.0\.mlp\.up_proj\.weight', so the"):
        workshop.plan(recipe("./m+./lora"))


def test_a_hundred_thousand_patterns_are_looked_up_and_not_tried_one_by_one(workshop: Any) -> None:
    workshop.model("m", workshop.llama(0))
    patterns = {f"other.{i}": 1 for i in range(100_000)}
    workshop.adapter("lora", sides(), r=3, alpha_pattern={**patterns, "up_proj": 6})
    (tensor,) = (t for t in workshop.plan(recipe("./m+./lora")).tensors if MODULE in t.name)
    assert tensor.operands[0].update.scaling == 2


def test_an_adapter_of_rank_0_is_refused(workshop: Any) -> None:
    workshop.model("m", workshop.llama(0))
    empty = {name: each[:0] if "lora_A" in name else each[:, :0] for name, each in sides().items()}
    workshop.adapter("none", empty, r=0)
    with pytest.raises(CheckpointError, match="rank 0"):
        workshop.plan(recipe("./m+./none"))
