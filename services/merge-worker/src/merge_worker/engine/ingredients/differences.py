"""Describes how models differ, for messages about models that do not fit together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from merge_worker.engine.models.layers import sense_of

from .opened import Ingredient

_SIZE: Final = re.compile(
    r"(^|_)(size|dim|d_model|d_ff|n_embd|n_head|n_inner|heads|experts|rank|head_dim|n_heads|"
    r"groups|channels)(_|$)|^(d_|n_)|ffn_dim|model_type"
)
_SETTING: Final = re.compile(
    r"rope|rotary|(^|[._])(hidden_act|activation_function|act_fn)|norm_eps|norm_epsilon|window"
    r"|softcap|scal|multiplier|experts_per_tok|num_attention_heads|num_key_value_heads|head_dim"
    r"|n_head|pre_attn"
)
SHOWN: Final = 6
"""The most differences that a message names."""


def differing_sizes(one: Ingredient, other: Ingredient) -> str:
    """The sizes that differ in two configurations, as the end of a sentence, or ""."""
    a, b = (dict(_values(each.checkpoint.config)) for each in (one, other))
    keys = [key for key in a if key in b and a[key] != b[key] and _SIZE.search(key)]
    if not keys:
        return ""
    listed = ", ".join(f"{key} {a[key]} and {b[key]}" for key in keys[:SHOWN])
    return f" (their configurations differ in {listed})"


def differing_settings(one: Ingredient, other: Ingredient, settled: Iterable[str]) -> str:
    """The settings that differ in two configurations and that change the output of equal weights:
    "rope_theta 10000.0 (here 500000.0)". The settled keys are left out."""
    a, b = (dict(_values(each.checkpoint.config)) for each in (one, other))
    keys = [key for key in a if key in b and a[key] != b[key] and _SETTING.search(key)]
    keys = [key for key in keys if not any(f".{each}." in f".{key}." for each in settled)]
    return ", ".join(f"{key} {a[key]} (here {b[key]})" for key in keys[:SHOWN])


def lacks(lacking: Ingredient, having: Ingredient, names: Sequence[str], where: str = "") -> str:
    """Say that a model lacks tensors that another has, with the likely reason."""
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return (
        f"{lacking.reference} has no tensor {names[0]!r}{more}{where}, which {having.reference} "
        f"has: {_reason(having, lacking)}"
    )


def _reason(one: Ingredient, other: Ingredient) -> str:
    seen = f"{_looks(one)}, {_looks(other)}"
    prefixes = [{stack.prefix for stack in each.layout.stacks} for each in (one, other)]
    if _senses(one) != _senses(other):
        return (
            f"{seen}; a model with several modules cannot be merged with a text-only model: "
            "extract its language model first, or merge models of the same kind"
        )
    if prefixes[0] & prefixes[1] or not all(prefixes):
        return f"{seen}{differing_sizes(one, other)}; merge models of the same architecture"
    return (
        f"their names have different prefixes: {seen}; load both with one release of transformers "
        "and save them, so that their names agree"
    )


def _looks(ingredient: Ingredient) -> str:
    """Describe a model by the names of its tensors."""
    stacks = ", ".join(f"{stack.prefix}*" for stack in ingredient.layout.stacks[:3])
    kind = ingredient.checkpoint.config.get("model_type")
    towers = "".join(f", with a {sense} tower" for sense in sorted(_senses(ingredient)))
    seen = f"{stacks or 'no layers'}{towers}"
    return f"{ingredient.reference} is of model type {str(kind)!r:.60} ({seen})"


def _senses(ingredient: Ingredient) -> set[str]:
    return {sense_of(name) for name in ingredient.checkpoint.tensors} - {""}


def _values(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every number and word in a configuration by its path, including nested sections."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _values(value, f"{path}{key}.")
        elif isinstance(value, int | float | str):
            yield f"{path}{key}", value
