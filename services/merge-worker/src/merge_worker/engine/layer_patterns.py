"""How the layers of a model differ by their place, as its configuration says: a table of data.

A model type is in exactly one of two tables. The layers of the types in `ALIKE` differ in nothing
but their tensors. Those of the types in `PATTERNS` differ in what is listed there; what a
configuration leaves out has the default that transformers gives it. A type that is in neither may
do with its layers what it likes, so each must keep its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .errors import PlanError

Section = Mapping[str, Any]
Values = list[Any]
Rule = Callable[[Section, int], Values]
"""From the section of a configuration that describes a stack and its depth to a value per layer."""

WINDOW: Final = "sliding_attention"
FULL: Final = "full_attention"
LINEAR: Final = "linear_attention"


def _nothing(section: Section, values: Values) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Pattern:
    """A property that layers have by their place.

    Attributes:
        keys: what the configuration says it with, the first being written.
        expand: its value for each layer.
        write: the keys that give layers these values one by one, if there are such keys.
    """

    keys: tuple[str, ...]
    expand: Rule
    write: Callable[[Section, Values], dict[str, Any]] = _nothing


def listed(key: str, default: Rule, *reads: str) -> Pattern:
    """A list with an item for each layer, or what follows from other keys where it is left out."""

    def expand(section: Section, depth: int) -> Values:
        given = section.get(key)
        return default(section, depth) if given is None else _of_depth(key, given, depth)

    return Pattern((key, *reads), expand, lambda _, values: {key: values})


def indices(key: str, default: Rule, *reads: str) -> Pattern:
    """A list of the layers that have the property."""

    def expand(section: Section, depth: int) -> Values:
        given = section.get(key)
        return default(section, depth) if given is None else _members(key, given, depth)

    return Pattern((key, *reads), expand, lambda _, values: {key: _where(values)})


def first(key: str, default: int) -> Pattern:
    """A number of layers at the start that have the property."""

    def expand(section: Section, depth: int) -> Values:
        return [i < _count(section, key, default, least=0) for i in range(depth)]

    def write(section: Section, values: Values) -> dict[str, Any]:
        return {key: values.index(False) if False in values else len(values)}

    return Pattern((key,), expand, write)


def fixed(rule: Rule, *keys: str) -> Pattern:
    """A property that follows from the place and cannot be said otherwise."""
    return Pattern(keys, rule)


def every(step: str | int, default: int, hit: Any, miss: Any, shift: int = 1) -> Rule:
    """`hit` for each layer i with (i + shift) divisible by the step, a number or a key for one."""

    def expand(section: Section, depth: int) -> Values:
        period = step if isinstance(step, int) else _count(section, step, default)
        return [miss if (i + shift) % period else hit for i in range(depth)]

    return expand


def alike(value: Any) -> Rule:
    """The same for all layers."""
    return lambda section, depth: [value] * depth


def _where(values: Values) -> list[int]:
    return [i for i, value in enumerate(values) if value]


def _of_depth(key: str, given: Any, depth: int) -> Values:
    if not isinstance(given, list) or len(given) != depth:
        raise PlanError(f"{key} must list one item for each of {depth} layers; it is {given!r:.100}")
    return given


def _members(key: str, given: Any, depth: int) -> Values:
    if not isinstance(given, list) or not all(type(each) is int for each in given):
        raise PlanError(f"{key} must list indices of layers; it is {given!r:.100}")
    return [i in given for i in range(depth)]


def _count(section: Section, key: str, default: int, least: int = 1) -> int:
    given = default if section.get(key) is None else section[key]
    if type(given) is not int or given < least:
        raise PlanError(f"{key} must be an integer from {least} on; it is {given!r:.100}")
    return given


def _above_window_layers(section: Section, depth: int) -> Values:
    """Qwen: with a window in use, the layers from `max_window_layers` on have it."""
    if not section.get("use_sliding_window") or section.get("sliding_window") is None:
        return [FULL] * depth
    least = _count(section, "max_window_layers", depth, least=0)
    return [WINDOW if i >= least else FULL for i in range(depth)]


def _odd_below_window_layers(section: Section, depth: int) -> Values:
    """Qwen2-MoE: with a window in use, every other layer below `max_window_layers` has it."""
    if not section.get("use_sliding_window"):
        return [FULL] * depth
    least = _count(section, "max_window_layers", 28, least=0)
    return [FULL if i % 2 or i >= least else WINDOW for i in range(depth)]


def _from_window_layers(section: Section, depth: int) -> Values:
    """Dots: as Qwen, with any window taken as in use."""
    least = _count(section, "max_window_layers", 62, least=0)
    within = section.get("sliding_window", 4096) is not None
    return [WINDOW if within and i >= least else FULL for i in range(depth)]


def _windows_of_exaone(section: Section, depth: int) -> Values:
    if section.get("sliding_window", 4096) is None:
        return [FULL] * depth
    return every("sliding_window_pattern", 4, FULL, WINDOW)(section, depth)


def _all_within(section: Section, depth: int) -> Values:
    return [FULL if section.get("sliding_window", 4096) is None else WINDOW] * depth


def _full_at_last(section: Section, depth: int) -> Values:
    """OLMo-Hybrid: every fourth layer attends fully, and the last of fewer than four."""
    values = every(4, 4, FULL, LINEAR)(section, depth)
    return values if FULL in values else [*values[:-1], FULL]


def _convolutions(section: Section, depth: int) -> Values:
    full = section.get("full_attn_idxs")
    within = [True] * depth if full is None else _members("full_attn_idxs", full, depth)
    return [FULL if each else "conv" for each in within]


_rope: Final = listed(
    "no_rope_layers", every("no_rope_layer_interval", 4, 0, 1), "no_rope_layer_interval"
)


def _windows_of_smollm(section: Section, depth: int) -> Values:
    within = section.get("use_sliding_window") and section.get("sliding_window") is not None
    return [WINDOW if within and not r else FULL for r in _rope.expand(section, depth)]


def _chunks(section: Section, depth: int) -> Values:
    return ["chunked_attention" if rope else FULL for rope in _rope.expand(section, depth)]


def _dense_of_qwen(section: Section, depth: int) -> Values:
    """Which layers have one feed-forward network instead of experts."""
    only = _members("mlp_only_layers", section.get("mlp_only_layers") or [], depth)
    step = _count(section, "decoder_sparse_step", 1)
    none = section.get("num_experts") == 0
    return [none or only[i] or bool((i + 1) % step) for i in range(depth)]


def _dense_of_deepseek(section: Section, depth: int) -> Values:
    """As `first_k_dense_replace` says, and `moe_layer_freq` to code that reads it."""
    start = _count(section, "first_k_dense_replace", 0, least=0)
    step = _count(section, "moe_layer_freq", 1)
    return [i < start or bool(i % step) for i in range(depth)]


def _dense_first(default: int) -> Rule:
    def expand(section: Section, depth: int) -> Values:
        start = _count(section, "first_k_dense_replace", default, least=0)
        return ["dense" if i < start else "sparse" for i in range(depth)]

    return expand


def _experts_of_ernie(section: Section, depth: int) -> Values:
    start = _count(section, "moe_layer_start_index", 1, least=0)
    end = _count(section, "moe_layer_end_index", -1, least=-1)
    step, last = _count(section, "moe_layer_interval", 1), depth - 1 if end == -1 else end
    return [start <= i <= last and not (i + 1) % step for i in range(depth)]


def _periodic(name: str, period: int, offset: int) -> Rule:
    """Jamba: layer i has it if i modulo `<name>_period` is `<name>_offset`."""

    def expand(section: Section, depth: int) -> Values:
        step = _count(section, f"{name}_period", period)
        rest = _count(section, f"{name}_offset", offset, least=0)
        return [i % step == rest for i in range(depth)]

    return expand


def _attention_of_neo(section: Section, depth: int) -> Values:
    groups = section.get("attention_types") or [[["global", "local"], depth // 2]]
    match groups:
        case [*pairs] if all(_is_group(pair, depth) for pair in pairs):
            values = [kind for kinds, times in pairs for _ in range(times) for kind in kinds]
            return _of_depth("attention_types", values, depth)
    raise PlanError(f"attention_types must pair kinds with how often they come; it is {groups!r:.100}")


def _is_group(pair: Any, depth: int) -> bool:
    match pair:
        case [[*kinds], int(times)]:
            return 0 <= times <= depth and len(kinds) <= depth
    return False


def _cycle(section: Section, depth: int) -> Values:
    """RecurrentGemma: `block_types` over and over."""
    given = section.get("block_types") or ["recurrent", "recurrent", "attention"]
    if not isinstance(given, list):
        raise PlanError(f"block_types must be a list; it is {given!r:.100}")
    return [given[i % len(given)] for i in range(depth)]


def _scaled_by_place(section: Section, depth: int) -> Values:
    return list(range(depth)) if section.get("scale_attn_by_inverse_layer_idx") else [0] * depth


def _place(section: Section, depth: int) -> Values:
    return list(range(depth))


def _is_first(section: Section, depth: int) -> Values:
    return [i == 0 for i in range(depth)]


def _depth(section: Section, depth: int) -> Values:
    return [depth] * depth


def _place_and_depth(section: Section, depth: int) -> Values:
    return [(i, depth) for i in range(depth)]


def _layer_types(default: Rule, *reads: str) -> Pattern:
    return listed("layer_types", default, *reads)


_alternating = _layer_types(every(2, 2, FULL, WINDOW))
_windows_of_qwen = _layer_types(_above_window_layers, "max_window_layers")
_linear_and_full = _layer_types(
    every("full_attention_interval", 4, FULL, LINEAR), "full_attention_interval"
)
_qwen_experts = Pattern(
    ("mlp_only_layers", "decoder_sparse_step"),
    _dense_of_qwen,
    lambda section, values: {"mlp_only_layers": _where(values), "decoder_sparse_step": 1},
)
_deepseek_experts = Pattern(
    ("first_k_dense_replace", "moe_layer_freq"),
    _dense_of_deepseek,
    first("first_k_dense_replace", 0).write,
)
_globally_every = "global_attn_every_n_layers"
_modernbert = (
    _layer_types(every(_globally_every, 3, FULL, WINDOW, shift=0), _globally_every),
    fixed(_is_first, "the norm that the first layer lacks"),
)

PATTERNS: Final[Mapping[str, Sequence[Pattern]]] = {
    "afmoe": (
        _layer_types(every(_globally_every, 4, FULL, WINDOW), _globally_every),
        first("num_dense_layers", 1),
    ),
    "bamba": (indices("attn_layer_indices", alike(False)),),
    "cohere2": (
        _layer_types(every("sliding_window_pattern", 4, FULL, WINDOW), "sliding_window_pattern"),
    ),
    "cwm": (_layer_types(every(4, 4, FULL, WINDOW, shift=0)),),
    "deepseek_v2": (_deepseek_experts,),
    "deepseek_v3": (_deepseek_experts,),
    "diffllama": (fixed(_place, "a factor of the attention that grows with the index"),),
    "dots1": (_layer_types(_from_window_layers, "max_window_layers"), _deepseek_experts),
    "ernie4_5_moe": (
        fixed(
            _experts_of_ernie, "moe_layer_start_index", "moe_layer_end_index", "moe_layer_interval"
        ),
    ),
    "exaone4": (_layer_types(_windows_of_exaone, "sliding_window_pattern"),),
    "exaone_moe": (
        _layer_types(_windows_of_exaone, "sliding_window_pattern"),
        listed("mlp_layer_types", _dense_first(1), "first_k_dense_replace"),
    ),
    "gemma2": (_alternating,),
    "gemma3_text": (
        _layer_types(every("sliding_window_pattern", 6, FULL, WINDOW), "sliding_window_pattern"),
    ),
    "glm4_moe": (first("first_k_dense_replace", 1),),
    "glm4_moe_lite": (listed("mlp_layer_types", _dense_first(1)),),
    "gpt2": (fixed(_scaled_by_place, "scale_attn_by_inverse_layer_idx"),),
    "gpt_neo": (
        Pattern(
            ("attention_types", "attention_layers"),
            _attention_of_neo,
            lambda _, values: {"attention_types": [[values, 1]], "attention_layers": values},
        ),
    ),
    "gpt_oss": (_alternating,),
    "granitemoehybrid": (_layer_types(alike(LINEAR)),),
    "jamba": (
        fixed(_periodic("attn_layer", 8, 4), "attn_layer_period", "attn_layer_offset"),
        fixed(_periodic("expert_layer", 2, 1), "expert_layer_period", "expert_layer_offset"),
    ),
    "lfm2": (_layer_types(_convolutions, "full_attn_idxs"),),
    "llama4_text": (
        _rope,
        indices(
            "moe_layers", every("interleave_moe_layer_step", 1, True, False),
            "interleave_moe_layer_step",
        ),
        _layer_types(_chunks, "no_rope_layers"),
    ),
    "minicpm": (fixed(_depth, "scale_depth", "num_hidden_layers"),),
    "minicpm3": (fixed(_depth, "scale_depth", "num_hidden_layers"),),
    "ministral": (_layer_types(_all_within),),
    "mllama_text_model": (
        indices(
            "cross_attention_layers",
            lambda _, depth: [i % 5 == 3 and i < 40 for i in range(depth)],
        ),
    ),
    "modernbert": _modernbert,
    "modernbert-decoder": _modernbert,
    "nemotron_h": (listed("layers_block_type", alike(None)),),
    "olmo3": (_layer_types(every(4, 4, FULL, WINDOW)),),
    "olmo_hybrid": (_layer_types(_full_at_last),),
    "qwen2": (_windows_of_qwen,),
    "qwen2_5_vl": (_windows_of_qwen,),
    "qwen2_5_vl_text": (_windows_of_qwen,),
    "qwen2_moe": (_layer_types(_odd_below_window_layers, "max_window_layers"), _qwen_experts),
    "qwen2_vl": (_windows_of_qwen,),
    "qwen2_vl_text": (_windows_of_qwen,),
    "qwen3": (_windows_of_qwen,),
    "qwen3_5_moe_text": (_linear_and_full,),
    "qwen3_5_text": (_linear_and_full,),
    "qwen3_moe": (_qwen_experts,),
    "qwen3_next": (_linear_and_full, _qwen_experts),
    "recurrent_gemma": (
        Pattern(("block_types",), _cycle, lambda _, values: {"block_types": values}),
    ),
    "smollm3": (_rope, _layer_types(_windows_of_smollm, "no_rope_layers")),
    "vaultgemma": (_alternating,),
}

ALIKE: Final = frozenset(
    """
    apertus arcee aria_text baichuan bert bert-generation biogpt bitnet bloom camembert codegen
    cohere ctrl dbrx deberta doge electra ernie ernie4_5 eurobert falcon falcon_h1 falcon_mamba
    flex_olmo gemma glm glm4 gpt_bigcode gpt_neox gptj granite granitemoe granitemoeshared helium
    hunyuan_v1_dense internlm internlm2 internlm3 jais2 jetmoe llama mamba mamba2 megatron-bert
    ministral3 mistral mixtral mpt nemotron olmo olmo2 olmoe openai-gpt opt persimmon phi phi3 phimoe
    roberta seed_oss stablelm starcoder2 xglm xlm-roberta xlm-roberta-xl youtu
    """.split()
)

_DOUBTFUL: Final = re.compile(
    r"period|interval|freq|step|pattern|every|offset|first_k|indices|indexes|idxs|sparse"
    r"|(?<!hidden_)(?<!encoder_)(?<!decoder_)(?<!num_)(?<!n_)layers|blocks?_|max_window"
)

UNKNOWN: Final = (fixed(_place_and_depth, "model_type"),)


def patterns_of(section: Section, config: Section) -> Sequence[Pattern]:
    """What the layers that a section of a configuration describes differ in by their place.

    Where neither names a model type, keys that may speak of some layers only count as such.
    """
    kind = section.get("model_type") or config.get("model_type")
    if kind is None:
        doubtful = tuple(key for key, value in section.items() if _is_doubtful(key, value))
        return (fixed(_place_and_depth, *doubtful),) if doubtful else ()
    if kind in ALIKE:
        return ()
    return PATTERNS.get(kind, UNKNOWN)


def _is_doubtful(key: str, value: Any) -> bool:
    if isinstance(value, list) and "layer" in key:
        return all(type(each) is int for each in value)  # indices, or a number for each layer
    return bool(value) and bool(_DOUBTFUL.search(key))
