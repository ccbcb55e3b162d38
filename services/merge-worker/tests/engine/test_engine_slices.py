"""Layers are found, stacked and renumbered, and the configuration is adapted to them."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from merge_worker.engine import PlanError
from merge_worker.engine.files.header import Region
from merge_worker.engine.models.layers import comes_before, find_layout
from merge_worker.engine.stacking import slices as stacking
from merge_worker.engine.stacking.slices import MAX_LAYERS


def names(*tensors: str) -> dict[str, Region]:
    return {name: Region("f", 0, "F32", (len(tensors) - i, 4)) for i, name in enumerate(tensors)}


def stack(*slices: tuple[str, int, int]) -> dict[str, Any]:
    """A recipe that stacks ranges of layers."""
    listed = [
        {"sources": [{"model": f"./{model}", "layer_range": [start, stop]}]}
        for model, start, stop in slices
    ]
    return {"merge_method": "passthrough", "slices": listed}


def test_slices_are_stacked_and_renumbered(workshop: Any) -> None:
    first, second = workshop.llama(0, layers=3), workshop.llama(1, layers=3)
    config = workshop.llama_config(layers=3, layer_types=["x", "y", "z"])
    workshop.model("a", first, config=config)
    workshop.model("b", second, config=config)
    recipe = {
        "merge_method": "passthrough",
        "slices": [
            {"sources": [{"model": "./a", "layer_range": [0, 2]}]},
            {"sources": [{"model": "./b", "layer_range": [1, 3]}]},
        ],
    }
    plan = workshop.plan(recipe)
    assert plan.config["num_hidden_layers"] == 4
    assert plan.config["layer_types"] == ["x", "y", "y", "z"]
    found = workshop.merged(recipe)
    rest = "mlp.up_proj.weight"
    origins = [(first, 0), (first, 1), (second, 1), (second, 2)]
    for layer, (model, origin) in enumerate(origins):
        expected = workshop.rounded(model[f"model.layers.{origin}.{rest}"])
        assert (found[f"model.layers.{layer}.{rest}"] == expected).all()
    embedding, head = "model.embed_tokens.weight", "lm_head.weight"
    assert (found[embedding] == workshop.rounded(first[embedding])).all()
    assert (found[head] == workshop.rounded(second[head])).all()
    assert len(found) == 4 * 3 + 3


def test_gradients_of_a_slice_run_over_its_own_layers(workshop: Any) -> None:
    config = workshop.llama_config(layers=4)
    for name, seed in (("a", 0), ("b", 1)):
        workshop.model(name, workshop.llama(seed, layers=4), config=config)
    both = lambda a, b: [  # noqa: E731
        {"model": "./a", "layer_range": [a, b]},
        {"model": "./b", "layer_range": [a, b]},
    ]
    plan = workshop.plan(
        {
            "merge_method": "slerp",
            "base_model": "./a",
            "slices": [
                {"sources": both(0, 3), "parameters": {"t": [0, 1]}},
                {"sources": both(3, 4), "parameters": {"t": 0.25}},
            ],
        }
    )
    t = {tensor.name: tensor.settings["t"] for tensor in plan.tensors}
    layers = [t[f"model.layers.{i}.mlp.up_proj.weight"] for i in range(4)]
    assert layers == [0, 0.5, 1, 0.25]
    assert t["model.embed_tokens.weight"] == 0
    assert t["lm_head.weight"] == 0.25


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        ([["./a", 0, 9]], r"beyond its 2 layers"),
        ([["./a", 0, 2], ["./b", 0, 1]], "different numbers of layers"),
    ],
)
def test_slices_that_do_not_fit_are_refused(
    workshop: Any, sources: list[list[Any]], words: str
) -> None:
    workshop.model("a", workshop.llama(0))
    workshop.model("b", workshop.llama(1))
    listed = [{"model": model, "layer_range": [a, b]} for model, a, b in sources]
    with pytest.raises(PlanError, match=words):
        workshop.plan({"merge_method": "linear", "slices": [{"sources": listed}]})


def test_a_base_outside_of_the_slices_is_refused(workshop: Any) -> None:
    for name in "abc":
        workshop.model(name, workshop.llama(ord(name)))
    sources = [{"model": f"./{name}", "layer_range": [0, 2]} for name in "ab"]
    recipe = {"merge_method": "task_arithmetic", "base_model": "./c"}
    with pytest.raises(PlanError, match="list it there with its layer_range"):
        workshop.plan({**recipe, "slices": [{"sources": sources}]})


@pytest.mark.parametrize(
    ("prefix", "config"),
    [
        ("model.layers.", {"num_hidden_layers": 2}),
        ("transformer.h.", {"n_layer": 2}),
        ("h.", {"n_layer": 2}),
        ("gpt_neox.layers.", {"num_hidden_layers": 2}),
        ("model.language_model.layers.", {"text_config": {"num_hidden_layers": 2}}),
        ("backbone.blocks.", {"unheard_of": 2}),
    ],
)
def test_stacks_are_found_from_names_and_configuration(prefix: str, config: dict[str, Any]) -> None:
    tensors = names(
        f"{prefix}0.mlp.experts.0.w", f"{prefix}0.mlp.experts.1.w", f"{prefix}1.w", "tail.0.w"
    )
    layout = find_layout(tensors, config)
    assert [(stack.prefix, stack.depth) for stack in layout.stacks] == [(prefix, 2)]
    place = layout.place(f"{prefix}0.mlp.experts.1.w")
    assert place is not None
    assert place[1:] == (0, ".mlp.experts.1.w")
    assert layout.place("tail.0.w") is None


def test_a_model_without_layers_has_no_stack(workshop: Any) -> None:
    workshop.model("a", {"w": np.ones(2, np.float32)})
    recipe = {"merge_method": "passthrough"}
    sources = [{"model": "./a", "layer_range": [0, 1]}]
    with pytest.raises(PlanError, match="no numbered layers"):
        workshop.plan({**recipe, "slices": [{"sources": sources}]})


def test_the_depth_is_edited_where_it_speaks_of_the_stack(workshop: Any) -> None:
    config = {
        "text_config": {"num_hidden_layers": 2, "layer_types": ["a", "b"], "rope": [1, 2]},
        "vision_config": {"num_hidden_layers": 2},
    }
    workshop.model("a", workshop.llama(0), config=config)
    edited = workshop.plan(stack(("a", 0, 2), ("a", 1, 2))).config
    assert edited["text_config"] == {
        "num_hidden_layers": 3,
        "layer_types": ["a", "b", "b"],
        "rope": [1, 2],
    }
    assert edited["vision_config"] == {"num_hidden_layers": 2}
    workshop.model("b", workshop.llama(0), config={"layers": "two"})
    with pytest.raises(PlanError, match="no key that gives the depth"):
        workshop.plan(stack(("b", 0, 1)))


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("model.embed_tokens.weight", True),
        ("transformer.wpe.weight", True),
        ("bert.embeddings.LayerNorm.weight", True),
        ("model.visual.merger.weight", True),
        ("model.norm.weight", False),
        ("lm_head.weight", False),
        ("embed_out.weight", False),
        ("transformer.ln_f.bias", False),
    ],
)
def test_tensors_outside_the_layers_lie_before_or_after(name: str, before: bool) -> None:
    assert comes_before(name) is before


def test_layers_far_beyond_a_model_are_refused_before_anything_is_laid_out(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    tracemalloc.start()
    try:
        with pytest.raises(PlanError, match="beyond its 2 layers"):
            workshop.plan(stack(("a", 0, 2**31)))
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 10_000_000


def test_more_layers_than_any_model_has_are_refused(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0, layers=8), config=workshop.llama_config(8))
    most = MAX_LAYERS // 8
    with pytest.raises(
        PlanError, match=r"513 slices make a model of 4,104 layers; the limit is 4,096"
    ):
        workshop.plan(stack(*[("a", 0, 8)] * (most + 1)))
    assert workshop.plan(stack(*[("a", 0, 8)] * most)).config["num_hidden_layers"] == MAX_LAYERS


@pytest.mark.parametrize(
    ("limit", "words"),
    [("MAX_TENSORS", "reads 12 tensors; the limit is 5"), ("MAX_BYTES", "bytes; the limit is 5")],
)
def test_a_stack_is_bounded_in_tensors_and_bytes(
    workshop: Any, monkeypatch: pytest.MonkeyPatch, limit: str, words: str
) -> None:
    workshop.model("a", workshop.llama(0))
    monkeypatch.setattr(stacking, limit, 5)
    with pytest.raises(PlanError, match=words):
        workshop.plan(stack(("a", 0, 2), ("a", 0, 2)))


def test_layers_of_models_of_unlike_types_do_not_stack(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    gemma = workshop.llama_config(model_type="gemma2", sliding_window=4)
    workshop.model("b", workshop.llama(1), config=gemma)
    for order in (("a", "b"), ("b", "a")):
        with pytest.raises(PlanError, match=r"'llama'.*'gemma2'|'gemma2'.*'llama'"):
            workshop.plan(stack((order[0], 0, 1), (order[1], 1, 2)))


def test_each_layer_keeps_what_its_own_model_says_of_it(workshop: Any) -> None:
    for name, kinds in (("a", ["x", "y"]), ("b", ["p", "q", "r"])):
        config = workshop.llama_config(layers=len(kinds), layer_types=kinds)
        workshop.model(name, workshop.llama(0, layers=len(kinds)), config=config)
    config = workshop.plan(stack(("a", 0, 2), ("b", 1, 3))).config
    assert config["layer_types"] == ["x", "y", "q", "r"]


@pytest.mark.parametrize(
    "pattern",
    [
        {"sliding_window_pattern": 2},
        {"attn_layer_period": 4, "attn_layer_offset": 2},
        {"mlp_only_layers": [1]},
        {"first_k_dense_replace": 1},
        {"full_attention_interval": 4},
        {"global_attn_indexes": [0]},
        {"layer_freq": 2},
        {"exit_layers": [0, 1]},
    ],
)
def test_without_a_model_type_keys_that_may_speak_of_some_layers_keep_all_in_place(
    workshop: Any, pattern: dict[str, Any]
) -> None:
    config = {"num_hidden_layers": 2, **pattern}
    workshop.model("a", workshop.llama(0), config=config)
    with pytest.raises(PlanError, match=next(iter(pattern))):
        workshop.plan(stack(("a", 0, 2), ("a", 1, 2)))
    assert workshop.plan(stack(("a", 0, 1), ("a", 1, 2))).config == config


def test_everyday_keys_do_not_keep_layers_in_place(workshop: Any) -> None:
    config = {
        "num_hidden_layers": 2,
        "layer_norm_eps": 1e-5,
        "rms_norm_eps": 1e-6,
        "sliding_window": 4096,
        "use_sliding_window": False,
        "encoder_layerdrop": 0.1,
        "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0},
        "image_token_index": 9,
        "block_size": 64,
        "initializer_range": 0.02,
    }
    workshop.model("a", workshop.llama(0), config=config)
    assert workshop.plan(stack(("a", 0, 2), ("a", 1, 2))).config["num_hidden_layers"] == 3


def test_layers_with_other_tensors_do_not_move_where_nothing_can_say_so(workshop: Any) -> None:
    tensors = {**workshop.llama(0), "model.layers.0.experts.w": np.ones(2, np.float32)}
    workshop.model("a", tensors)
    with pytest.raises(PlanError, match=r"'experts.w'.*layer 0 of \./a has shape \[2\].*has none"):
        workshop.plan(stack(("a", 0, 2), ("a", 0, 1)))
    assert workshop.plan(stack(("a", 0, 1), ("a", 1, 2))).tensors


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("gemma3_text", "sliding_window_pattern", "LLLG"),
        ("gemma3_text", "sliding_window_pattern", 0),
        ("gemma3_text", "layer_types", ["full_attention"]),
        ("qwen3_moe", "mlp_only_layers", "1"),
        ("gpt_neo", "attention_types", [[["global"], 10**9]]),
        ("gpt_neo", "attention_types", "local"),
        ("recurrent_gemma", "block_types", "attention"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_a_fault_of_the_model(
    workshop: Any, kind: str, key: str, value: Any
) -> None:
    config = workshop.llama_config(model_type=kind, **{key: value})
    workshop.model("a", workshop.llama(0), config=config)
    with pytest.raises(PlanError, match=f"{key} must"):
        workshop.plan(stack(("a", 0, 2), ("a", 1, 2)))


def test_a_note_says_which_keys_the_layers_of_a_stack_now_depend_on(workshop: Any) -> None:
    gemma = workshop.llama_config(model_type="gemma2", sliding_window=4)
    workshop.model("a", workshop.llama(0), config=gemma)
    plan = workshop.plan(stack(("a", 0, 2), ("a", 1, 2)))
    sliding, full = "sliding_attention", "full_attention"
    assert plan.config["layer_types"] == [sliding, full, full]
    (note,) = plan.notes
    assert "layer_types in the output's config.json now says what each layer does" in note
    assert workshop.plan(stack(("a", 0, 2), ("a", 0, 2))).notes == ()


def test_layers_of_different_kinds_that_are_merged_are_noted(workshop: Any) -> None:
    config = workshop.llama_config(model_type="gemma2", sliding_window=4)
    for name in "ab":
        workshop.model(name, workshop.llama(0), config=config)
    ranges = (("./a", [0, 1]), ("./b", [1, 2]))
    sources = [{"model": model, "layer_range": layers} for model, layers in ranges]
    recipe = {"merge_method": "linear", "slices": [{"sources": sources}]}
    (note,) = workshop.plan(recipe).notes
    assert "layer 1 of ./b is merged into layer 0 of ./a" in note
    full = {**config, "layer_types": ["full_attention"] * 2}
    workshop.model("c", workshop.llama(0), config=full)
    models = [{"model": "./a"}, {"model": "./b"}, {"model": "./c"}]
    (note,) = workshop.plan({"merge_method": "linear", "models": models}).notes
    assert "layer 0 of ./c is merged into layer 0 of ./a" in note
