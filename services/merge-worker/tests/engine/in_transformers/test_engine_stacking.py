"""Stacked layers keep their behaviour: transformers loads them and resolves the same for each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from when_used import when_used

from merge_worker.engine import EngineError

pytestmark = pytest.mark.slow

torch = when_used("torch")
transformers = when_used("transformers")
tensor_files = when_used("safetensors.torch")

SMALL = {
    "vocab_size": 32,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
EXPERTS = {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 8}
LATENT = {
    "n_routed_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 8, "n_group": 1,
    "topk_group": 1, "n_shared_experts": 1, "kv_lora_rank": 8, "q_lora_rank": 8,
    "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 8,
}  # fmt: skip
LINEAR = {
    "linear_num_key_heads": 2, "linear_num_value_heads": 2, "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}  # fmt: skip
MAMBA = {"mamba_d_state": 8, "mamba_n_heads": 4, "mamba_d_head": 8, "mamba_expand": 2}
BY_INDEX = ("layer_idx", "layer_id", "layer_number", "training", "config")


@dataclass
class Kind:
    """A model type with few small layers, and the keys that its config.json leaves out."""

    type: str
    settings: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ("layer_types",)
    slices: tuple[tuple[int, int], ...] = ((0, 4), (1, 4))

    def __str__(self) -> str:
        return self.type


def save(folder: Path, kind: Kind, auto: str = "AutoModelForCausalLM") -> None:
    """A model with random weights, whose pattern follows from the configuration."""
    torch.manual_seed(0)
    small = {} if "text_config" in kind.settings else SMALL
    config = transformers.AutoConfig.for_model(kind.type, **{**small, **kind.settings})
    getattr(transformers, auto).from_config(config).save_pretrained(folder)
    path = folder / "config.json"
    written = json.loads(path.read_text())
    for section in (written, written.get("text_config", {})):
        for key in kind.without:
            section.pop(key, None)
    path.write_text(json.dumps(written))


def load(folder: Path, auto: str = "AutoModelForCausalLM") -> Any:
    """The model in a folder, which must hold exactly the weights that its architecture has."""
    model, report = getattr(transformers, auto).from_pretrained(
        folder, dtype="auto", output_loading_info=True
    )
    wrong = {key: report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")}
    assert not any(wrong.values()), wrong
    return model.eval()


def layers(model: Any) -> list[dict[str, Any]]:
    """For each layer: what its modules were built with, its weights, its items of lists."""
    depth = model.config.get_text_config().num_hidden_layers
    text = getattr(model.base_model, "language_model", model)
    lists = [m for m in text.modules() if isinstance(m, torch.nn.ModuleList) and len(m) == depth]
    found = [built(module) for module in lists[0]]
    config = model.config.get_text_config()
    for name in ("layer_types", "mlp_layer_types", "no_rope_layers", "attention_layers"):
        values = getattr(config, name, None)
        if isinstance(values, list) and len(values) == depth:
            for layer, value in zip(found, values, strict=True):
                layer[name] = value
    return found


def built(module: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in module.named_modules():
        found[name] = type(each).__name__
        for key, value in vars(each).items():
            if key not in BY_INDEX and isinstance(value, int | float | str | None | tuple):
                found[f"{name}.{key}"] = value
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {**found, **{f"tensor {name}": value.tolist() for name, value in tensors.items()}}


def stack(model: str, slices: tuple[tuple[int, int], ...]) -> dict[str, Any]:
    listed = [{"sources": [{"model": model, "layer_range": list(each)}]} for each in slices]
    return {"merge_method": "passthrough", "slices": listed}


FOLLOWING = [
    Kind("llama"),
    Kind("mistral", {"sliding_window": 8}),
    Kind("gemma2", {"sliding_window": 8}),
    Kind("gemma3_text", {"sliding_window": 8, "sliding_window_pattern": 4}),
    Kind("cohere2", {"sliding_window": 8}),
    Kind("cwm", {"sliding_window": 8}),
    Kind("olmo3", {"sliding_window": 8}),
    Kind("exaone4", {"sliding_window": 8, "sliding_window_pattern": 4}),
    Kind("gpt_oss", {"sliding_window": 8, "num_local_experts": 2}),
    Kind("ministral", {"sliding_window": 8}),
    Kind("qwen2", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 2}),
    Kind("qwen3", {"use_sliding_window": True, "sliding_window": 8, "max_window_layers": 3}),
    Kind(
        "qwen2_moe",
        {
            **EXPERTS,
            "shared_expert_intermediate_size": 8,
            "decoder_sparse_step": 2,
            "use_sliding_window": True,
            "sliding_window": 8,
            "max_window_layers": 3,
        },
    ),
    Kind("qwen3_moe", {**EXPERTS, "mlp_only_layers": [1]}, slices=((0, 3), (1, 4))),
    Kind("qwen3_next", {**EXPERTS, **LINEAR, "shared_expert_intermediate_size": 8}),
    Kind("smollm3", {"no_rope_layer_interval": 4}, ("layer_types", "no_rope_layers")),
    Kind(
        "llama4_text",
        {
            "num_local_experts": 2,
            "interleave_moe_layer_step": 2,
            "intermediate_size_mlp": 24,
            "no_rope_layer_interval": 4,
            "attention_chunk_size": 8,
        },
        ("layer_types", "no_rope_layers", "moe_layers"),
    ),
    Kind(
        "gpt_neo", {"num_layers": 4, "num_heads": 2, "attention_types": [[["global", "local"], 2]]}
    ),
    Kind("recurrent_gemma", {"lru_width": 16, "block_types": ["recurrent", "attention"]}),
    Kind("bamba", {**MAMBA, "attn_layer_indices": [1, 3]}),
    Kind("lfm2", {"full_attn_idxs": [2], "block_multiple_of": 8}),
    Kind("glm4_moe_lite", LATENT, ("layer_types", "mlp_layer_types"), ((0, 2), (1, 4))),
    Kind("deepseek_v3", {**LATENT, "first_k_dense_replace": 2}, slices=((0, 2), (1, 4))),
    Kind("deepseek_v2", {**LATENT, "first_k_dense_replace": 2}, slices=((0, 2), (1, 4))),
    Kind("modernbert-decoder", {"local_attention": 8}, slices=((0, 3), (2, 4))),
    Kind("gpt2", {"n_layer": 4, "n_embd": 16, "n_head": 2}),
]


@pytest.mark.parametrize("kind", FOLLOWING, ids=str)
def test_each_layer_of_a_stack_is_what_it_was(workshop: Any, kind: Kind) -> None:
    save(workshop.folder / "a", kind)
    before = layers(load(workshop.folder / "a"))
    workshop.merge(stack("./a", kind.slices))
    after = layers(load(workshop.folder / "out"))
    origins = [layer for start, stop in kind.slices for layer in range(start, stop)]
    assert after == [before[origin] for origin in origins]


TOWER = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
QWEN_TOWER = {"depth": 4, "hidden_size": 16, "out_hidden_size": 16, "num_heads": 2}
TURNS = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e4}
SEEING = [
    Kind(
        "gemma3",
        {
            "text_config": {**SMALL, "sliding_window": 8, "sliding_window_pattern": 4},
            "vision_config": {**TOWER, "num_hidden_layers": 4, "image_size": 8, "patch_size": 4},
            "mm_tokens_per_image": 4,
        },
    ),
    Kind(
        "qwen2_5_vl",
        {
            "text_config": {
                **SMALL,
                "use_sliding_window": True,
                "sliding_window": 8,
                "max_window_layers": 2,
                "rope_parameters": TURNS,
            },
            "vision_config": {**QWEN_TOWER, "intermediate_size": 16},
        },
    ),
    Kind(
        "mllama",
        {
            "text_config": {**SMALL, "cross_attention_layers": [1, 3]},
            "vision_config": {
                "hidden_size": 16,
                "intermediate_size": 16,
                "attention_heads": 2,
                "num_hidden_layers": 4,
                "num_global_layers": 1,
                "image_size": 8,
                "patch_size": 4,
                "max_num_tiles": 2,
                "intermediate_layers_indices": [0],
                "vision_output_dim": 32,
                "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
            },
        },
    ),
]


@pytest.mark.parametrize("kind", SEEING, ids=str)
def test_the_text_layers_of_a_model_that_sees_stack_and_its_tower_stays(
    workshop: Any, kind: Kind
) -> None:
    auto = "AutoModelForImageTextToText"
    save(workshop.folder / "a", kind, auto)
    before = layers(load(workshop.folder / "a", auto))
    module = {"slices": stack("./a", kind.slices)["slices"]}
    workshop.merge({"merge_method": "passthrough", "modules": {"text_decoder": module}})
    after = layers(load(workshop.folder / "out", auto))
    origins = [layer for start, stop in kind.slices for layer in range(start, stop)]
    assert after == [before[origin] for origin in origins]


MIXED = ((0, 3), (2, 3), (1, 4))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind("diffllama", slices=MIXED), "grows with the index"),
        (
            Kind("gpt2", {"n_layer": 4, "n_embd": 16, "scale_attn_by_inverse_layer_idx": True}),
            "scale_attn_by_inverse_layer_idx",
        ),
        (
            Kind("deepseek_v3", {**LATENT, "first_k_dense_replace": 2}, slices=MIXED),
            "first_k_dense_replace",
        ),
        (
            Kind("glm4_moe", {**LATENT, "first_k_dense_replace": 2}, slices=MIXED),
            "first_k_dense_replace",
        ),
        (
            Kind("jamba", {"attn_layer_period": 2, "attn_layer_offset": 1, "mamba_dt_rank": 2}),
            "attn_layer_period, attn_layer_offset",
        ),
        (Kind("minicpm3", LATENT), "scale_depth"),
        (
            Kind("modernbert-decoder", slices=((0, 4), (0, 4))),
            "the norm that the first layer lacks",
        ),
        (Kind("minimax", {"num_local_experts": 2}), "of model type 'minimax', may depend"),
    ],
    ids=str,
)
def test_a_stack_whose_configuration_cannot_say_what_its_layers_are_is_refused(
    workshop: Any, kind: Kind, words: str
) -> None:
    save(workshop.folder / "a", kind)
    with pytest.raises(EngineError, match=words):
        workshop.plan(stack("./a", kind.slices))
    assert workshop.plan(stack("./a", ((0, 2), (2, 4)))).tensors


T5 = {
    "vocab_size": 32,
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 16,
    "num_layers": 4,
    "num_decoder_layers": 4,
    "num_heads": 2,
}
BART = {
    "vocab_size": 32,
    "d_model": 16,
    "encoder_layers": 4,
    "decoder_layers": 4,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16,
    "decoder_ffn_dim": 16,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 0,
}
HEARING = {**BART, "num_mel_bins": 8, "max_source_positions": 8, "max_target_positions": 8}


@pytest.mark.parametrize(
    "kind",
    [
        Kind("t5", T5),
        Kind("mt5", T5),
        Kind("bart", BART),
        Kind("marian", BART),
        Kind("pegasus", BART),
        Kind("whisper", HEARING),
    ],
    ids=str,
)
def test_an_encoder_and_a_decoder_merge_whole_and_keep_their_layers(
    workshop: Any, kind: Kind
) -> None:
    hears = kind.type == "whisper"
    auto = "AutoModelForSpeechSeq2Seq" if hears else "AutoModelForSeq2SeqLM"
    config = transformers.AutoConfig.for_model(kind.type, **kind.settings)
    for seed, name in enumerate("ab"):
        torch.manual_seed(seed)
        getattr(transformers, auto).from_config(config).save_pretrained(workshop.folder / name)
    with pytest.raises(EngineError, match=r"has an encoder and a decoder, .*\(4 layers\)"):
        workshop.plan(stack("./a", ((0, 3), (1, 4))))
    both = [{"model": "./a"}, {"model": "./b"}]
    workshop.merge({"merge_method": "linear", "modules": {"encoder": {"models": both}}})
    merged, first = (load(workshop.folder / name, auto) for name in ("out", "a"))
    same = {n for n, p in merged.named_parameters() if torch.equal(p, first.get_parameter(n))}
    assert {n for n, _ in merged.named_parameters() if "encoder." not in n} <= same
    assert not any(
        ".encoder." in f".{n}" and n.endswith(("q_proj.weight", "q.weight")) for n in same
    )


def save_two(workshop: Any, kind: Kind, first: dict[str, Any], second: dict[str, Any]) -> None:
    """Save two models of a type, with different settings."""
    for name, settings in (("a", first), ("b", second)):
        own = Kind(kind.type, {**kind.settings, **settings}, ())
        save(workshop.folder / name, own)


def both(*slices: tuple[str, int, int]) -> dict[str, Any]:
    listed = [{"sources": [{"model": m, "layer_range": [i, j]}]} for m, i, j in slices]
    return {"merge_method": "passthrough", "slices": listed}


NO_WINDOW = {"sliding_window": None, "layer_types": ["full_attention"] * 4}
WINDOWS = {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"] * 2}
OFF = {"use_sliding_window": False}
ON = {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 1}
SHARED = {**EXPERTS, "shared_expert_intermediate_size": 8}


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        (Kind("olmo3"), NO_WINDOW, WINDOWS),
        (Kind("cohere2"), NO_WINDOW, WINDOWS),
        (Kind("cwm"), {**NO_WINDOW, "sliding_window": 8}, WINDOWS),
        (Kind("ministral"), NO_WINDOW, WINDOWS),
        (Kind("afmoe", {**EXPERTS, "num_dense_layers": 0}), NO_WINDOW, WINDOWS),
        (Kind("qwen2"), OFF, ON),
        (Kind("qwen3"), OFF, ON),
        (Kind("qwen2_moe", SHARED), OFF, ON),
        (Kind("smollm3"), OFF, {**ON, "no_rope_layers": [1, 0, 1, 0]}),
        (
            Kind("gpt_neo", {"num_layers": 4, "num_heads": 2}),
            {"attention_types": [[["global"], 4]], "window_size": 256},
            {"attention_types": [[["global", "local"], 2]], "window_size": 4},
        ),
        (
            Kind("qwen3_moe", {**EXPERTS, "moe_intermediate_size": 8}),
            {"mlp_only_layers": [0, 1, 2, 3], "num_experts": 4},
            {"mlp_only_layers": [1], "num_experts": 2, "num_experts_per_tok": 2},
        ),
        (
            Kind("deepseek_v3", LATENT),
            {"first_k_dense_replace": 4, "n_routed_experts": 4},
            {"first_k_dense_replace": 0, "routed_scaling_factor": 1.5},
        ),
    ],
    ids=str,
)
def test_a_stack_takes_the_keys_that_only_later_layers_read_from_their_model(
    workshop: Any, kind: Kind, first: dict[str, Any], second: dict[str, Any]
) -> None:
    save_two(workshop, kind, first, second)
    a, b = (load(workshop.folder / name) for name in "ab")
    recipe = both(("./a", 0, 4), ("./b", 0, 4))
    assert not any("was made for" in note for note in workshop.plan(recipe).notes)
    workshop.merge(recipe)
    out = load(workshop.folder / "out")
    assert layers(out) == [*layers(a), *layers(b)]
    tokens = torch.arange(3, 15)[None]
    with torch.no_grad():
        assert torch.isfinite(out(tokens, use_cache=False).logits).all()


def test_the_windows_of_layers_that_are_stacked_are_one(workshop: Any) -> None:
    second = {**WINDOWS, "sliding_window": 8}
    save_two(workshop, Kind("olmo3"), WINDOWS, second)
    words = r"sliding_window, which is 4 in one model and 8 in the other"
    with pytest.raises(EngineError, match=words):
        workshop.plan(both(("./a", 0, 4), ("./b", 0, 4)))
    workshop.merge(both(("./a", 0, 4), ("./b", 1, 2)))
    assert json.loads((workshop.folder / "out/config.json").read_text())["sliding_window"] == 4


def test_a_window_that_would_change_the_layers_without_one_is_refused(workshop: Any) -> None:
    save_two(workshop, Kind("exaone4"), NO_WINDOW, WINDOWS)
    with pytest.raises(EngineError, match=r"\(sliding_window of model type 'exaone4'\)"):
        workshop.plan(both(("./a", 0, 4), ("./b", 0, 4)))


def test_angles_by_kind_of_layer_are_taken_from_the_layers_of_that_kind(workshop: Any) -> None:
    def rope(**thetas: float) -> dict[str, Any]:
        types = {k: {"rope_type": "default", "rope_theta": v} for k, v in thetas.items()}
        return {"rope_parameters": types}

    full = {"layer_types": ["full_attention"] * 4, "sliding_window": 4}
    first = {**full, **rope(full_attention=1e6, sliding_attention=1e4)}
    second = {**WINDOWS, **rope(full_attention=1e6, sliding_attention=5e4)}
    save_two(workshop, Kind("gemma3_text"), first, second)
    workshop.merge(both(("./a", 0, 4), ("./b", 0, 4)))
    config = load(workshop.folder / "out").config
    assert config.rope_parameters["sliding_attention"]["rope_theta"] == 5e4
    save(workshop.folder / "c", Kind("gemma3_text", {**second, **rope(full_attention=2e6)}, ()))
    with pytest.raises(EngineError, match=r"rope_parameters.full_attention"):
        workshop.plan(both(("./a", 0, 4), ("./c", 0, 4)))


def with_further_layers(workshop: Any, name: str, kind: Kind, **config: Any) -> dict[str, Any]:
    """Save a model with a layer beyond its last, for further tokens; return its tensors."""
    folder = workshop.folder / name
    save(folder, kind)
    tensors = tensor_files.load_file(folder / "model.safetensors")
    last = "model.layers.3."
    tensors |= {
        key.replace(last, "model.layers.4."): value + 1
        for key, value in tensors.items()
        if key.startswith(last)
    }
    for end in ("eh_proj", "embed_tokens", "shared_head.head"):
        tensors[f"model.layers.4.{end}.weight"] = torch.randn(32, 16)
    tensor_files.save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return dict(tensors)


FURTHER = {"num_nextn_predict_layers": 1}
PREDICTING = [Kind("deepseek_v3", {**LATENT, "first_k_dense_replace": 2}), Kind("glm4_moe", LATENT)]


@pytest.mark.parametrize("kind", PREDICTING, ids=str)
@pytest.mark.parametrize("stop", [3, 4])
def test_layers_that_predict_further_tokens_follow_the_last_of_a_stack(
    workshop: Any, kind: Kind, stop: int
) -> None:
    before = with_further_layers(workshop, "a", kind, **FURTHER)
    ranges = ((0, 4), (3, 4)) if stop == 4 else ((0, 3),)
    workshop.merge(stack("./a", ranges))
    depth = sum(j - i for i, j in ranges)
    after = tensor_files.load_file(workshop.folder / "out" / "model.safetensors")
    config = json.loads((workshop.folder / "out" / "config.json").read_text())
    assert (config["num_hidden_layers"], config["num_nextn_predict_layers"]) == (depth, 1)
    origins = [*(layer for i, j in ranges for layer in range(i, j)), 4]
    for place, origin in enumerate(origins):
        own, its = f"model.layers.{place}.", f"model.layers.{origin}."
        found = {k.removeprefix(own): v for k, v in after.items() if k.startswith(own)}
        wanted = {k.removeprefix(its): v for k, v in before.items() if k.startswith(its)}
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[rest], wanted[rest]) for rest in wanted)
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        workshop.folder / "out", output_loading_info=True
    )
    assert not report["missing_keys"]
    assert all(k.startswith(f"model.layers.{depth}.") for k in report["unexpected_keys"])
    assert torch.isfinite(model(torch.tensor([[3, 4, 5]])).logits).all()


def test_layers_that_are_not_counted_are_no_layers_to_slice(workshop: Any) -> None:
    with_further_layers(workshop, "a", PREDICTING[0], **FURTHER)
    with pytest.raises(EngineError, match=r"beyond its 4 layers: .* its weights have 1 more"):
        workshop.plan(stack("./a", ((0, 5),)))


def test_more_layers_than_the_configuration_says_do_not_stack_without_a_reason(
    workshop: Any,
) -> None:
    save(workshop.folder / "a", Kind("llama"))
    path = workshop.folder / "a" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "num_hidden_layers": 3}))
    words = r"./a says num_hidden_layers: 3, but its weights have 4 layers \(model.layers.\*\)"
    for ranges in (((0, 3), (2, 3)), ((0, 2),)):
        with pytest.raises(EngineError, match=words):
            workshop.plan(stack("./a", ranges))
    assert workshop.plan(stack("./a", ((0, 3),))).tensors


def test_models_with_further_layers_merge_whole(workshop: Any) -> None:
    whole = with_further_layers(workshop, "a", PREDICTING[0], **FURTHER)
    with_further_layers(workshop, "b", PREDICTING[0], **FURTHER)
    save(workshop.folder / "c", PREDICTING[0])

    def linear(*names: str) -> dict[str, Any]:
        return {"merge_method": "linear", "models": [{"model": f"./{n}"} for n in names]}

    assert {t.name for t in workshop.plan(linear("a", "b")).tensors} == set(whole)
    notes = workshop.plan(linear("c", "a")).notes
    assert any("./a has tensors that the output lacks: model.layers.4." in n for n in notes)
    with pytest.raises(EngineError, match=r"list ./c first"):
        workshop.plan(linear("a", "c"))


def test_layers_that_share_their_weights_do_not_stack_and_the_reason_is_said(
    workshop: Any,
) -> None:
    kind = Kind("albert", {"num_hidden_groups": 1, "embedding_size": 8})
    save(workshop.folder / "a", kind, "AutoModelForMaskedLM")
    words = r"beyond its 1 layer: its configuration says num_hidden_layers: 4, but .* share"
    with pytest.raises(EngineError, match=words):
        workshop.plan(stack("./a", ((0, 4),)))
