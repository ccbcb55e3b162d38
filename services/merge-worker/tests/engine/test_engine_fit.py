"""Models that do not fit together are refused before a tensor is read, with a helpful error."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from merge_worker.engine import NotSupportedError, PlanError


def linear(*models: str, **fields: Any) -> dict[str, Any]:
    return {"merge_method": "linear", "models": [{"model": f"./{m}"} for m in models], **fields}


def renamed(tensors: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    return {name.replace(old, new, 1): values for name, values in tensors.items()}


@pytest.mark.parametrize("order", list(permutations("ab")))
@pytest.mark.parametrize("fields", [{}, {"merge_method": "task_arithmetic", "base_model": "./a"}])
def test_models_of_different_depth_are_refused_in_either_order(
    workshop: Any, order: tuple[str, ...], fields: dict[str, Any]
) -> None:
    for name, depth in (("a", 4), ("b", 6)):
        config = workshop.llama_config(layers=depth)
        workshop.model(name, workshop.llama(depth, layers=depth), config=config)
    with pytest.raises(PlanError) as caught:
        workshop.plan(linear(*order, **fields))
    for part in ("./a has 4 layers", "./b has 6 layers", "model.layers.*", "layer_range"):
        assert part in str(caught.value)


@pytest.mark.parametrize("order", list(permutations("vw")))
def test_vision_towers_of_different_depth_are_refused_too(
    workshop: Any, order: tuple[str, ...]
) -> None:
    for name, depth in (("v", 2), ("w", 3)):
        tower = {f"vision_tower.blocks.{i}.w": np.ones((4, 4), np.float32) for i in range(depth)}
        config = workshop.llama_config(vision_config={"depth": depth})
        workshop.model(name, {**workshop.llama(0), **tower}, config=config)
    with pytest.raises(PlanError, match=r"vision_tower\.blocks\.\*"):
        workshop.plan(linear(*order))


@pytest.mark.parametrize("order", list(permutations("ab")))
def test_a_bias_that_only_one_model_has_in_its_layers_is_refused_in_either_order(
    workshop: Any, order: tuple[str, ...]
) -> None:
    bias = {f"model.layers.{i}.self_attn.q_proj.bias": np.ones(8, np.float32) for i in range(2)}
    workshop.model("a", workshop.llama(0))
    qwen = workshop.llama_config(model_type="qwen2")
    workshop.model("b", {**workshop.llama(1), **bias}, config=qwen)
    with pytest.raises(PlanError) as caught:
        workshop.plan(linear(*order))
    for part in (
        "./a has no tensor",
        "(and 1 more)",
        "'llama'",
        "'qwen2'",
        "the same architecture",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("order", list(permutations("ab")))
@pytest.mark.parametrize(
    "prefix", ["language_model.model.", "model.language_model.", "", "transformer."]
)
def test_names_that_begin_differently_are_refused_with_both_beginnings(
    workshop: Any, order: tuple[str, ...], prefix: str
) -> None:
    workshop.model("a", workshop.llama(0))
    workshop.model("b", renamed(workshop.llama(1), "model.", prefix))
    with pytest.raises(PlanError) as caught:
        workshop.plan(linear(*order))
    for part in ("different prefixes", "(model.layers.*)", f"({prefix}layers.*)", "and save them"):
        assert part in str(caught.value)


@pytest.mark.parametrize("order", list(permutations("ab")))
def test_a_text_model_beside_one_that_also_sees_is_refused_as_such(
    workshop: Any, order: tuple[str, ...]
) -> None:
    workshop.model("a", workshop.llama(0))
    seeing = renamed(workshop.llama(1), "model.", "model.language_model.")
    seeing["model.visual.blocks.0.w"] = np.ones((4, 4), np.float32)
    workshop.model("b", seeing, config=workshop.llama_config(model_type="qwen2_5_vl"))
    with pytest.raises(PlanError) as caught:
        workshop.plan(linear(*order))
    for part in ("with a vision tower", "'qwen2_5_vl'", "extract its language model first"):
        assert part in str(caught.value)


@pytest.mark.parametrize("order", list(permutations("ab")))
def test_a_tower_that_only_one_model_has_is_refused_in_either_order(
    workshop: Any, order: tuple[str, ...]
) -> None:
    tower = {f"vision_tower.blocks.{i}.w": np.ones((4, 4), np.float32) for i in range(3)}
    workshop.model("a", workshop.llama(0))
    config = workshop.llama_config(vision_config={"depth": 3})
    workshop.model("b", {**workshop.llama(1), **tower}, config=config)
    with pytest.raises(PlanError, match=r"\./a has no tensor 'vision_tower.*with a vision tower"):
        workshop.plan(linear(*order))


@pytest.mark.parametrize("order", list(permutations("ab")))
def test_a_stack_begins_and_ends_with_models_that_fit(
    workshop: Any, order: tuple[str, ...]
) -> None:
    tied = workshop.llama_config(tie_word_embeddings=True)
    workshop.model("a", workshop.llama(0, tied=True), config=tied)
    workshop.model("b", workshop.llama(1))
    workshop.model("c", workshop.llama(2, vocabulary=20))
    ends = lambda *models: [  # noqa: E731
        {"sources": [{"model": f"./{model}", "layer_range": [0, 1]}]} for model in models
    ]
    recipe = {"merge_method": "passthrough"}
    with pytest.raises(PlanError, match=r"\./a has no tensor 'lm_head.weight'"):
        workshop.plan({**recipe, "slices": ends(*order)})
    with pytest.raises(PlanError, match=r"'lm_head.weight' of \./c.*\[20, 8\].*\[16, 8\]"):
        workshop.plan({**recipe, "slices": ends("b", "c")})
    assert workshop.plan({**recipe, "slices": ends("b", "c", "b")}).tensors


def test_other_widths_are_refused_with_the_shapes_and_the_keys_that_differ(workshop: Any) -> None:
    for name, hidden in (("a", 8), ("b", 16)):
        config = workshop.llama_config(hidden_size=hidden, vocab_size=16)
        workshop.model(name, workshop.llama(0, hidden=hidden), config=config)
    both = [{"model": f"./{name}", "layer_range": [0, 2]} for name in "ab"]
    stacked = [{"sources": [source]} for source in both]
    for recipe in (
        linear("a", "b"),
        {"merge_method": "linear", "slices": [{"sources": both}]},
        {"merge_method": "passthrough", "slices": stacked},
    ):
        with pytest.raises(PlanError) as caught:
            workshop.plan(recipe)
        for part in ("./a", "./b", "8]", "16", "hidden_size 8 and 16"):
            assert part in str(caught.value)


@pytest.mark.parametrize("order", list(permutations("ab")))
def test_another_number_of_experts_is_refused_with_its_key(
    workshop: Any, order: tuple[str, ...]
) -> None:
    expert = "model.layers.0.mlp.experts.{}.up_proj.weight"
    for name, count in (("a", 2), ("b", 4)):
        experts = {expert.format(i): np.ones((4, 8), np.float32) for i in range(count)}
        config = workshop.llama_config(num_experts=count)
        workshop.model(name, {**workshop.llama(0), **experts}, config=config)
    both = [{"model": f"./{name}", "layer_range": [0, 2]} for name in order]
    for recipe in (linear(*order), {"merge_method": "linear", "slices": [{"sources": both}]}):
        with pytest.raises(
            PlanError, match=r"\./a has no tensor .*experts\.2\..*num_experts 4 and 2"
        ):
            workshop.plan(recipe)


def test_merged_layers_must_have_the_same_tensors(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    other = {**workshop.llama(1), "model.layers.1.extra": np.ones(2, np.float32)}
    workshop.model("b", other)
    for order in permutations("ab"):
        both = [{"model": f"./{name}", "layer_range": [0, 2]} for name in order]
        with pytest.raises(PlanError, match=r"\./a has no tensor 'model.layers.1.extra' in its"):
            workshop.plan({"merge_method": "linear", "slices": [{"sources": both}]})


@pytest.mark.parametrize(
    ("buffer", "prefix"),
    [
        ("model.layers.0.self_attn.rotary_emb.inv_freq", "model."),
        ("model.embeddings.position_ids", "model."),
        ("transformer.h.0.attn.bias", "transformer."),
        ("transformer.h.0.attn.masked_bias", "transformer."),
        ("gpt_neox.layers.0.attention.bias", "gpt_neox."),
    ],
)
def test_a_buffer_is_copied_where_the_first_model_has_it_and_else_dropped_with_a_note(
    workshop: Any, buffer: str, prefix: str
) -> None:
    layers = "h" if "h." in buffer else "layers"
    plain = renamed(workshop.llama(0), "model.", prefix)
    plain = renamed(plain, "layers.", f"{layers}.")
    stored = np.array([0.1, 0.2, 0.3], np.float32)
    workshop.model("a", {**plain, buffer: stored}, "F32")
    workshop.model("b", plain, "F32")
    recipe = linear("a", "b", dtype="bfloat16")
    assert (workshop.merged(recipe)[buffer] == stored).all()
    plan = workshop.plan(linear("b", "a"))
    assert buffer not in {tensor.name for tensor in plan.tensors}
    assert any(f"./a has tensors that the output lacks: {buffer}" in n for n in plan.notes)


def test_a_buffer_of_a_layer_comes_with_the_layer(workshop: Any) -> None:
    buffer = "model.layers.{}.self_attn.rotary_emb.inv_freq"
    stored = {buffer.format(i): np.array([i], np.float32) for i in range(2)}
    workshop.model("a", {**workshop.llama(0), **stored}, "F32")
    workshop.model("b", workshop.llama(1), "F32")
    taken = (("./a", [0, 2]), ("./b", [1, 2]), ("./a", [1, 2]))
    slices = [{"sources": [{"model": model, "layer_range": r}]} for model, r in taken]
    found = workshop.merged({"merge_method": "passthrough", "slices": slices})
    held = {name: float(v[0]) for name, v in found.items() if "inv_freq" in name}
    assert held == {buffer.format(0): 0, buffer.format(1): 1, buffer.format(3): 1}


def test_settings_that_give_equal_weights_another_meaning_are_noted(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0), config=workshop.llama_config(rope_theta=1e4))
    workshop.model("b", workshop.llama(1), config=workshop.llama_config(rope_theta=5e5))
    (note,) = workshop.plan(linear("a", "b")).notes
    assert "./b was made for rope_theta 500000.0 (here 10000.0)" in note


def test_heads_cut_in_other_ways_are_refused(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0), config=workshop.llama_config(num_attention_heads=2))
    workshop.model("b", workshop.llama(1), config=workshop.llama_config(num_attention_heads=4))
    with pytest.raises(PlanError, match=r"\./a has 2 .*\./b has 4 .*num_attention_heads"):
        workshop.plan(linear("a", "b"))


def two_stacks(workshop: Any, name: str, config: dict[str, Any]) -> None:
    """Write a model with an encoder and a decoder of four layers each."""
    tensors = {
        f"{side}.block.{i}.w": np.full((4, 4), i, np.float32)
        for side in ("encoder", "decoder")
        for i in range(4)
    }
    workshop.model(name, {**tensors, "shared.weight": np.ones((8, 4), np.float32)}, config=config)


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "t5", "is_encoder_decoder": True, "num_layers": 4, "num_decoder_layers": 4},
        {"model_type": "bart", "encoder_layers": 4, "decoder_layers": 4, "num_hidden_layers": 4},
    ],
)
def test_the_layers_of_an_encoder_and_a_decoder_keep_their_places(
    workshop: Any, config: dict[str, Any]
) -> None:
    two_stacks(workshop, "t", config)
    ranges = lambda *pairs: [{"sources": [{"model": "./t", "layer_range": p}]} for p in pairs]  # noqa: E731
    recipe = {"merge_method": "passthrough", "slices": ranges([0, 3], [1, 4])}
    with pytest.raises(NotSupportedError, match=r"encoder\.block\.\* \(4 layers\)"):
        workshop.plan(recipe)
    assert workshop.plan({**recipe, "slices": ranges([0, 2], [2, 4])}).config == config
