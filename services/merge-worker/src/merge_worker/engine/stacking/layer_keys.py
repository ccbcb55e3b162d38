"""A table of configuration keys that only layers of one kind read.

A layer's place determines its kind (`layer_patterns`). If a stack has layers of several models, the
output's configuration must have each such key as the models have it whose layers read it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Hashable, Mapping
from typing import Any, Final

from merge_worker.engine.errors import PlanError

Section = Mapping[str, Any]
Kind = tuple[str, Hashable]
"""The first key of a pattern, and its value for layers of the kind."""

_EXPERTS: Final = (
    r"(num_|n_)(local_|routed_|shared_)?experts(_per_tok)?|num_shared_experts|n_group|topk_group"
    r"|topk_method|norm_topk_prob|routed_scaling_factor|scoring_func|score_func|route_norm"
    r"|route_scale|moe_intermediate_size|shared_expert_intermediate_size|moe_num_experts"
    r"|moe_num_shared_experts|moe_k"
)
_DENSE: Final = r"intermediate_size"
_MAMBA: Final = r"mamba_.+"
_WINDOW: Final = (
    r"use_sliding_window|sliding_window|local_attention|rope_local_base_freq|local_rope_theta"
    r"|rope_parameters\.sliding_attention"
)

_READ: Final[Mapping[Kind, str]] = {
    ("layer_types", "sliding_attention"): _WINDOW,
    ("layer_types", "full_attention"): r"global_rope_theta|rope_parameters\.full_attention",
    ("layer_types", "chunked_attention"): r"attention_chunk_size",
    ("layer_types", "linear_attention"): rf"linear_.+|{_MAMBA}",
    ("layer_types", "mamba"): _MAMBA,
    ("layer_types", "conv"): r"conv_.+",
    ("no_rope_layers", 0): r"attn_temperature_tuning|attn_scale|floor_scale",
    ("mlp_layer_types", "sparse"): _EXPERTS,
    ("mlp_layer_types", "dense"): _DENSE,
    ("mlp_only_layers", False): _EXPERTS,
    ("mlp_only_layers", True): _DENSE,
    ("first_k_dense_replace", False): _EXPERTS,
    ("first_k_dense_replace", True): _DENSE,
    ("num_dense_layers", False): _EXPERTS,
    ("num_dense_layers", True): _DENSE,
    ("moe_layers", True): rf"{_EXPERTS}|intermediate_size",
    ("moe_layers", False): r"intermediate_size_mlp",
    ("moe_layer_start_index", True): _EXPERTS,
    ("moe_layer_start_index", False): _DENSE,
    ("expert_layer_period", True): _EXPERTS,
    ("attn_layer_period", False): _MAMBA,
    ("attn_layer_indices", False): _MAMBA,
    ("attention_types", "local"): r"window_size",
    ("block_types", "recurrent"): r"lru_width|conv1d_width",
    ("block_types", "attention"): r"attention_window_size",
}
"""By kind, the keys that only its layers read."""


def kinds_that_read(pattern: str) -> list[Hashable]:
    """The values of a pattern, given by its first key, whose layers read keys of their own."""
    return [value for key, value in _READ if key == pattern]


def take_over(
    section: dict[str, Any], kind: Kind, readers: Mapping[str, Section], keep: bool
) -> set[str]:
    """Give a section the keys that only layers of a kind read, and return these keys.

    `readers` are the sections of the models of such layers; a missing key has its default. With
    `keep`, the section belongs to one of them and does not change.

    Raises:
        PlanError: two readers have different values of a key.
    """
    read = _READ[kind]
    flat = {reference: _matching(each, read) for reference, each in readers.items()}
    found = {key: value for each in reversed(flat.values()) for key, value in each.items()}
    for key in sorted(found):
        _check_equal(kind, key, flat)
    if not keep:
        for key in sorted(found.keys() | _matching(section, read).keys()):
            _put(section, key, found)
    return set(found)


def _matching(section: Section, read: str) -> dict[str, Any]:
    """The keys that match; keys of nested sections are "section.key"."""
    flat = dict(section)
    for name, nested in section.items():
        if isinstance(nested, dict):
            flat |= {f"{name}.{key}": each for key, each in nested.items()}
    return {key: each for key, each in flat.items() if re.fullmatch(read, key)}


def _check_equal(kind: Kind, key: str, readers: Mapping[str, Section]) -> None:
    given = [(reference, each[key]) for reference, each in readers.items() if key in each]
    for reference, value in given[1:]:
        if value != given[0][1]:
            raise PlanError(
                f"layers of {given[0][0]} and {reference} are of one kind ({kind[0]}: {kind[1]}) "
                f"and read {key}, which is {given[0][1]!r:.100} in one model and {value!r:.100} "
                "in the other; a configuration has one value for all such layers: stack models "
                "that agree in it, or only layers of other kinds"
            )


def _put(section: dict[str, Any], key: str, found: Section) -> None:
    """Set a key as it was found, or remove it; a nested key only if its section exists."""
    name, _, nested = key.partition(".")
    if not nested:
        section.pop(key, None)
        section |= {key: copy.deepcopy(found[key])} if key in found else {}
    elif isinstance(inner := section.get(name), dict) and _is_by_kind(inner):
        section[name] = inner = {each: inner[each] for each in inner if each != nested}
        inner |= {nested: copy.deepcopy(found[key])} if key in found else {}


def _is_by_kind(section: Section) -> bool:
    return all(isinstance(each, dict) for each in section.values())
