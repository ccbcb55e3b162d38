"""A table of how the layers of a model differ by their place, as its configuration says.

A model type is in at most one table. The layers of a type in `ALIKE` differ only in their tensors;
those of a type in `PATTERNS` also differ in what is listed there. The layers of any other type may
depend on their place in unknown ways, so each must keep its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .layer_rules import (
    FULL,
    LINEAR,
    WINDOW,
    Pattern,
    Section,
    above_window_layers,
    alike,
    all_within,
    attention_of_neo,
    by_depth,
    by_place,
    by_place_and_depth,
    chunks,
    convolutions,
    cycle,
    dense_first,
    dense_of_deepseek,
    dense_of_qwen,
    every,
    experts_of_ernie,
    first,
    fixed,
    from_window_layers,
    full_at_last,
    indices,
    is_first,
    layer_types,
    listed,
    odd_below_window_layers,
    periodic,
    rope_layers,
    rotating_of_exaone,
    scaled_by_place,
    where,
    windows_of_exaone,
    windows_of_smollm,
)

_alternating = layer_types(every(2, 2, FULL, WINDOW))
_windows_of_qwen = layer_types(above_window_layers, "max_window_layers")
_linear_and_full = layer_types(
    every("full_attention_interval", 4, FULL, LINEAR), "full_attention_interval"
)
_windows_of_exaone = (
    layer_types(windows_of_exaone, "sliding_window_pattern"),
    fixed(rotating_of_exaone, "sliding_window"),
)
_qwen_experts = Pattern(
    ("mlp_only_layers", "decoder_sparse_step"),
    dense_of_qwen,
    lambda section, values: {"mlp_only_layers": where(values), "decoder_sparse_step": 1},
)
_deepseek_experts = Pattern(
    ("first_k_dense_replace", "moe_layer_freq"),
    dense_of_deepseek,
    first("first_k_dense_replace", 0).write,
)
_globally_every = "global_attn_every_n_layers"
_modernbert = (
    layer_types(every(_globally_every, 3, FULL, WINDOW, shift=0), _globally_every),
    fixed(is_first, "the norm that the first layer lacks"),
)

PATTERNS: Final[Mapping[str, Sequence[Pattern]]] = {
    "afmoe": (
        layer_types(every(_globally_every, 4, FULL, WINDOW), _globally_every),
        first("num_dense_layers", 1),
    ),
    "bamba": (indices("attn_layer_indices", alike(False)),),
    "cohere2": (
        layer_types(every("sliding_window_pattern", 4, FULL, WINDOW), "sliding_window_pattern"),
    ),
    "cwm": (layer_types(every(4, 4, FULL, WINDOW, shift=0)),),
    "deepseek": (_deepseek_experts,),
    "deepseek_v2": (_deepseek_experts,),
    "deepseek_v3": (_deepseek_experts,),
    "diffllama": (fixed(by_place, "a factor of the attention that grows with the index"),),
    "dots1": (layer_types(from_window_layers, "max_window_layers"), _deepseek_experts),
    "ernie4_5_moe": (
        fixed(
            experts_of_ernie, "moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval"
        ),
    ),
    "exaone4": _windows_of_exaone,
    "exaone_moe": (
        *_windows_of_exaone,
        listed("mlp_layer_types", dense_first(1), "first_k_dense_replace"),
    ),
    "gemma2": (_alternating,),
    "gemma3_text": (
        layer_types(every("sliding_window_pattern", 6, FULL, WINDOW), "sliding_window_pattern"),
    ),
    "glm4_moe": (first("first_k_dense_replace", 1),),
    "glm4_moe_lite": (listed("mlp_layer_types", dense_first(1)),),
    "gpt2": (fixed(scaled_by_place, "scale_attn_by_inverse_layer_idx"),),
    "gpt_neo": (
        Pattern(
            ("attention_types", "attention_layers"),
            attention_of_neo,
            lambda _, values: {"attention_types": [[values, 1]], "attention_layers": values},
        ),
    ),
    "gpt_oss": (_alternating,),
    "granitemoehybrid": (layer_types(alike(LINEAR)),),
    "jamba": (
        fixed(periodic("attn_layer", 8, 4), "attn_layer_period", "attn_layer_offset"),
        fixed(periodic("expert_layer", 2, 1), "expert_layer_period", "expert_layer_offset"),
    ),
    "kimi_k2": (_deepseek_experts,),
    "lfm2": (layer_types(convolutions, "full_attn_idxs"),),
    "llama4_text": (
        rope_layers,
        indices(
            "moe_layers",
            every("interleave_moe_layer_step", 1, True, False),
            "interleave_moe_layer_step",
        ),
        layer_types(chunks, "no_rope_layers"),
    ),
    "minicpm": (fixed(by_depth, "scale_depth", "num_hidden_layers"),),
    "minicpm3": (fixed(by_depth, "scale_depth", "num_hidden_layers"),),
    "ministral": (layer_types(all_within),),
    "mllama_text_model": (
        indices(
            "cross_attention_layers",
            lambda _, depth: [i % 5 == 3 and i < 40 for i in range(depth)],
        ),
    ),
    "modernbert": _modernbert,
    "modernbert-decoder": _modernbert,
    "olmo3": (layer_types(every(4, 4, FULL, WINDOW)),),
    "olmo_hybrid": (layer_types(full_at_last),),
    "qwen2": (_windows_of_qwen,),
    "qwen2_5_vl": (_windows_of_qwen,),
    "qwen2_5_vl_text": (_windows_of_qwen,),
    "qwen2_moe": (layer_types(odd_below_window_layers, "max_window_layers"), _qwen_experts),
    "qwen2_vl": (_windows_of_qwen,),
    "qwen2_vl_text": (_windows_of_qwen,),
    "qwen3": (_windows_of_qwen,),
    "qwen3_5_moe_text": (_linear_and_full,),
    "qwen3_5_text": (_linear_and_full,),
    "qwen3_moe": (_qwen_experts,),
    "qwen3_next": (_linear_and_full, _qwen_experts),
    "recurrent_gemma": (
        Pattern(("block_types",), cycle, lambda _, values: {"block_types": values}),
    ),
    "smollm3": (rope_layers, layer_types(windows_of_smollm, "no_rope_layers")),
    "vaultgemma": (_alternating,),
}

ALIKE: Final = frozenset(
    """
    apertus arcee aria_text baichuan bert bert-generation biogpt bitnet bloom camembert codegen
    cohere ctrl dbrx deberta doge electra ernie ernie4_5 eurobert exaone falcon falcon_h1
    falcon_mamba flex_olmo gemma glm glm4 gpt_bigcode gpt_neox gptj granite granitemoe
    granitemoeshared helium hunyuan_v1_dense internlm internlm2 internlm3 jais2 jetmoe llama mamba
    mamba2 megatron-bert
    ministral3 mistral mixtral mpt nemotron olmo olmo2 olmoe openai-gpt opt persimmon phi phi3
    phimoe qwen roberta seed_oss stablelm starcoder2 xglm xlm-roberta xlm-roberta-xl youtu
    """.split()  # noqa: SIM905
)

_DOUBTFUL: Final = re.compile(
    r"period|interval|freq|step|pattern|every|offset|first_k|indices|indexes|idxs|sparse"
    r"|(?<!hidden_)(?<!encoder_)(?<!decoder_)(?<!num_)(?<!n_)layers|block_types|blocks_|max_window"
)

UNKNOWN: Final = (fixed(by_place_and_depth, "model_type"),)


def patterns_of(section: Section, config: Section) -> Sequence[Pattern]:
    """How the layers that a section of a configuration describes differ by their place.

    If neither names a model type, each key that may concern only some layers counts as a pattern.
    """
    kind = section.get("model_type") or config.get("model_type")
    if not isinstance(kind, str):
        doubtful = tuple(key for key, value in section.items() if _is_doubtful(key, value))
        return (fixed(by_place_and_depth, *doubtful),) if doubtful else ()
    if kind in ALIKE:
        return ()
    return PATTERNS.get(kind, UNKNOWN)


def _is_doubtful(key: str, value: Any) -> bool:
    if isinstance(value, list) and "layer" in key:
        return all(
            type(each) is int for each in value
        )  # indices of layers, or a number for each layer
    return bool(value) and bool(_DOUBTFUL.search(key))
