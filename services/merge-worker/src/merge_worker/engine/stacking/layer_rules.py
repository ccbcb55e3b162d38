"""Rules that derive properties of layers from a configuration, and ways to write them.

A key that a configuration leaves out has the default of transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from merge_worker.engine.errors import PlanError

Section = Mapping[str, Any]
Values = list[Any]
Rule = Callable[[Section, int], Values]
"""Takes the section of a configuration for a stack, and its depth; returns a value per layer."""

WINDOW: Final = "sliding_attention"
FULL: Final = "full_attention"
LINEAR: Final = "linear_attention"


def _nothing(section: Section, values: Values) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Pattern:
    """A property that depends on a layer's place.

    Attributes:
        keys: the configuration's keys for it; the first is written.
        expand: its value for each layer.
        write: returns the keys that give each layer these values, if there are such keys.
    """

    keys: tuple[str, ...]
    expand: Rule
    write: Callable[[Section, Values], dict[str, Any]] = _nothing


def listed(key: str, default: Rule, *reads: str) -> Pattern:
    """A list with an item for each layer; if it is left out, other keys determine the values."""

    def expand(section: Section, depth: int) -> Values:
        given = section.get(key)
        return default(section, depth) if given is None else _of_depth(key, given, depth)

    return Pattern((key, *reads), expand, lambda _, values: {key: values})


def indices(key: str, default: Rule, *reads: str) -> Pattern:
    """A list of the layers that have the property."""

    def expand(section: Section, depth: int) -> Values:
        given = section.get(key)
        return default(section, depth) if given is None else _members(key, given, depth)

    return Pattern((key, *reads), expand, lambda _, values: {key: where(values)})


def first(key: str, default: int) -> Pattern:
    """A number of layers at the start that have the property."""

    def expand(section: Section, depth: int) -> Values:
        return [i < _count(section, key, default, least=0) for i in range(depth)]

    def write(section: Section, values: Values) -> dict[str, Any]:
        return {key: values.index(False) if False in values else len(values)}

    return Pattern((key,), expand, write)


def fixed(rule: Rule, *keys: str) -> Pattern:
    """A property that follows from the place and that no key can change."""
    return Pattern(keys, rule)


def every(step: str | int, default: int, hit: Any, miss: Any, shift: int = 1) -> Rule:
    """`hit` for each layer i with (i + shift) divisible by the step (a number, or its key)."""

    def expand(section: Section, depth: int) -> Values:
        period = step if isinstance(step, int) else _count(section, step, default)
        return [miss if (i + shift) % period else hit for i in range(depth)]

    return expand


def alike(value: Any) -> Rule:
    """The same value for all layers."""
    return lambda section, depth: [value] * depth


def where(values: Values) -> list[int]:
    return [i for i, value in enumerate(values) if value]


def _of_depth(key: str, given: Any, depth: int) -> Values:
    if not isinstance(given, list) or len(given) != depth:
        raise PlanError(
            f"{key} must list one item for each of the {depth} layers; it is {given!r:.100}"
        )
    return given


def _members(key: str, given: Any, depth: int) -> Values:
    if not isinstance(given, list) or not all(type(each) is int for each in given):
        raise PlanError(f"{key} must list indices of layers; it is {given!r:.100}")
    members = set(given)
    return [i in members for i in range(depth)]


def _count(section: Section, key: str, default: int, least: int = 1) -> int:
    given = default if section.get(key) is None else section[key]
    if type(given) is not int or given < least:
        raise PlanError(f"{key} must be an integer of at least {least}; it is {given!r:.100}")
    return given


def above_window_layers(section: Section, depth: int) -> Values:
    """Qwen: if a window is in use, the layers from `max_window_layers` on have it."""
    if not section.get("use_sliding_window") or section.get("sliding_window") is None:
        return [FULL] * depth
    least = _count(section, "max_window_layers", depth, least=0)
    return [WINDOW if i >= least else FULL for i in range(depth)]


def odd_below_window_layers(section: Section, depth: int) -> Values:
    """Qwen2-MoE: if a window is in use, every other layer below `max_window_layers` has it."""
    if not section.get("use_sliding_window"):
        return [FULL] * depth
    least = _count(section, "max_window_layers", 28, least=0)
    return [FULL if i % 2 or i >= least else WINDOW for i in range(depth)]


def from_window_layers(section: Section, depth: int) -> Values:
    """Dots: like Qwen, but any window counts as in use."""
    least = _count(section, "max_window_layers", 62, least=0)
    within = section.get("sliding_window", 4096) is not None
    return [WINDOW if within and i >= least else FULL for i in range(depth)]


def windows_of_exaone(section: Section, depth: int) -> Values:
    if section.get("sliding_window", 4096) is None:
        return [FULL] * depth
    return every("sliding_window_pattern", 4, FULL, WINDOW)(section, depth)


def rotating_of_exaone(section: Section, depth: int) -> Values:
    """EXAONE 4: which layers rotate: those with a window, or all if there is none."""
    if section.get("sliding_window", 4096) is None:
        return [True] * depth
    given = section.get("layer_types") or windows_of_exaone(section, depth)
    return [kind == WINDOW for kind in _of_depth("layer_types", given, depth)]


def all_within(section: Section, depth: int) -> Values:
    return [FULL if section.get("sliding_window", 4096) is None else WINDOW] * depth


def full_at_last(section: Section, depth: int) -> Values:
    """OLMo-Hybrid: every fourth layer attends fully, and the last of fewer than four."""
    values = every(4, 4, FULL, LINEAR)(section, depth)
    return values if FULL in values else [*values[:-1], FULL]


def convolutions(section: Section, depth: int) -> Values:
    full = section.get("full_attn_idxs")
    within = [True] * depth if full is None else _members("full_attn_idxs", full, depth)
    return [FULL if each else "conv" for each in within]


rope_layers: Final = listed(
    "no_rope_layers", every("no_rope_layer_interval", 4, 0, 1), "no_rope_layer_interval"
)


def windows_of_smollm(section: Section, depth: int) -> Values:
    within = section.get("use_sliding_window") and section.get("sliding_window") is not None
    return [WINDOW if within and not r else FULL for r in rope_layers.expand(section, depth)]


def chunks(section: Section, depth: int) -> Values:
    return ["chunked_attention" if rope else FULL for rope in rope_layers.expand(section, depth)]


def dense_of_qwen(section: Section, depth: int) -> Values:
    """Which layers have one feed-forward network instead of experts."""
    only = _members("mlp_only_layers", section.get("mlp_only_layers") or [], depth)
    step = _count(section, "decoder_sparse_step", 1)
    none = section.get("num_experts") == 0
    return [none or only[i] or bool((i + 1) % step) for i in range(depth)]


def dense_of_deepseek(section: Section, depth: int) -> Values:
    """As `first_k_dense_replace` says, and `moe_layer_freq` for code that reads it."""
    start = _count(section, "first_k_dense_replace", 0, least=0)
    step = _count(section, "moe_layer_freq", 1)
    return [i < start or bool(i % step) for i in range(depth)]


def dense_first(default: int) -> Rule:
    def expand(section: Section, depth: int) -> Values:
        start = _count(section, "first_k_dense_replace", default, least=0)
        return ["dense" if i < start else "sparse" for i in range(depth)]

    return expand


def experts_of_ernie(section: Section, depth: int) -> Values:
    start = _count(section, "moe_layer_start_index", 1, least=0)
    end = _count(section, "moe_layer_end_index", -1, least=-1)
    step, last = _count(section, "moe_layer_interval", 1), depth - 1 if end == -1 else end
    return [start <= i <= last and not (i + 1) % step for i in range(depth)]


def periodic(name: str, period: int, offset: int) -> Rule:
    """Jamba: layer i has it if i modulo `<name>_period` is `<name>_offset`."""

    def expand(section: Section, depth: int) -> Values:
        step = _count(section, f"{name}_period", period)
        rest = _count(section, f"{name}_offset", offset, least=0)
        return [i % step == rest for i in range(depth)]

    return expand


def attention_of_neo(section: Section, depth: int) -> Values:
    """GPT-Neo: groups of kinds, each with the number of its repetitions."""
    groups = section.get("attention_types") or [[["global", "local"], depth // 2]]
    if not isinstance(groups, list) or not all(map(_is_group, groups)):
        raise PlanError(
            f"attention_types must be pairs of kinds and a count; it is {groups!r:.100}"
        )
    if sum(len(kinds) * times for kinds, times in groups) != depth:
        raise PlanError(f"attention_types must cover {depth} layers; it is {groups!r:.100}")
    return [kind for kinds, times in groups for _ in range(times) for kind in kinds]


def _is_group(pair: Any) -> bool:
    match pair:
        case [list(), int(times)]:
            return times >= 0
    return False


def cycle(section: Section, depth: int) -> Values:
    """RecurrentGemma: `block_types`, repeated."""
    given = section.get("block_types") or ["recurrent", "recurrent", "attention"]
    if not isinstance(given, list):
        raise PlanError(f"block_types must be a list; it is {given!r:.100}")
    return [given[i % len(given)] for i in range(depth)]


def scaled_by_place(section: Section, depth: int) -> Values:
    return list(range(depth)) if section.get("scale_attn_by_inverse_layer_idx") else [0] * depth


def by_place(section: Section, depth: int) -> Values:
    return list(range(depth))


def is_first(section: Section, depth: int) -> Values:
    return [i == 0 for i in range(depth)]


def by_depth(section: Section, depth: int) -> Values:
    return [depth] * depth


def by_place_and_depth(section: Section, depth: int) -> Values:
    return [(i, depth) for i in range(depth)]


def layer_types(default: Rule, *reads: str) -> Pattern:
    return listed("layer_types", default, *reads)
