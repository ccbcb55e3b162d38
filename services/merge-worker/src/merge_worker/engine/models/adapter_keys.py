"""The meaning of each key of PEFT's `LoraConfig`: none, a number to use, or a refusal.

The keys are those of PEFT 0.21; a test compares them with the installed version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from merge_worker.engine.errors import NotSupportedError

from .checkpoint import Checkpoint

WITHOUT_EFFECT: Final = frozenset(
    (
        # What the adapter is and where it comes from.
        *("peft_type", "task_type", "peft_version", "auto_mapping", "base_model_name_or_path"),
        *("revision", "inference_mode"),
        # Which modules were trained; the names of the tensors show this, too.
        *("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"),
        # How it was trained.
        *("lora_dropout", "velora_config", "runtime_config", "megatron_core", "qalora_group_size"),
        # Settings of the initialisation that `init_lora_weights` names.
        *("loftq_config", "eva_config", "corda_config", "lora_ga_config"),
        # Only about embeddings and whole modules, which are refused by the names of their tensors.
        "ensure_weight_tying",
    )
)
"""Keys that may have any value."""

HANDLED: Final = frozenset(
    (
        *("r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "fan_in_fan_out"),
        "init_lora_weights",
    )
)
"""Keys that decide what is added, or whether anything is."""

MERGE_FIRST: Final = "merge it into its model first (peft: merge_and_unload)"

REFUSED: Final[Mapping[str, str]] = {
    "use_dora": MERGE_FIRST,
    "bias": MERGE_FIRST,
    "modules_to_save": MERGE_FIRST,
    "lora_bias": MERGE_FIRST,
    "trainable_token_indices": MERGE_FIRST,
    "kasa_config": "it also changes the model's weights; " + MERGE_FIRST,
    "monteclora_config": MERGE_FIRST,
    "use_bdlora": MERGE_FIRST,
    "use_qalora": MERGE_FIRST,
    "megatron_config": MERGE_FIRST,
    "target_parameters": "adapters of whole parameters, such as those of experts, are not built "
    "yet; " + MERGE_FIRST,
    "layer_replication": "it belongs to a model with repeated layers; build that model first "
    "(peft: merge_and_unload), and merge it as a whole model",
    "alora_invocation_tokens": "it acts on some tokens only, so no weights can replace it; "
    "use it with the merged model, as an adapter",
    "arrow_config": "it chooses among adapters for each token, so no weights can replace it; "
    "use it with the merged model, as an adapter",
}
"""Keys that must have their default, and what to do if they do not."""

CHANGES_BASE: Final = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""Prefixes of values of `init_lora_weights` that subtract the adapter's start from the model.
The others (Gaussian, orthogonal, EVA, MiCA) do not change the model's weights.
"""
KEEPS_BASE: Final = ("gaussian", "eva", "orthogonal", "mica")

QUOTED: Final = 200
"""The most characters of a value that an error quotes."""
_PLAIN: Final[tuple[Any, ...]] = (None, False, "none", [], {})


def check_keys(adapter: Checkpoint) -> None:
    """Check that an adapter does nothing but W + scaling · B @ A.

    Raises:
        NotSupportedError: it is of another kind, or a key makes it do something else.
    """
    kind = adapter.config.get("peft_type", "LORA")
    if kind != "LORA":
        raise NotSupportedError(
            f"the adapter in {adapter.folder} is of type {kind}; only LORA can be merged"
        )
    for key, value in adapter.config.items():
        if key not in WITHOUT_EFFECT | HANDLED and value not in _PLAIN:
            todo = REFUSED.get(key, "this key is unknown; " + MERGE_FIRST)
            raise NotSupportedError(
                f"the adapter in {adapter.folder} has {key}: {_short(value)}; {todo}"
            )
    _check_start(adapter)


def _check_start(adapter: Checkpoint) -> None:
    start = adapter.config.get("init_lora_weights")
    if not isinstance(start, str) or start.lower() in KEEPS_BASE:
        return
    why = "which subtracts its start from the model's own weights"
    if not start.lower().startswith(CHANGES_BASE):
        why = "which is unknown"
    raise NotSupportedError(
        f"the adapter in {adapter.folder} has init_lora_weights: {_short(start)}, {why}; "
        "convert it to a plain adapter (peft: save_pretrained with "
        f"path_initial_model_for_weight_conversion), or {MERGE_FIRST}"
    )


def _short(value: Any) -> str:
    """A value in the form that an error quotes."""
    text = repr(value)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
