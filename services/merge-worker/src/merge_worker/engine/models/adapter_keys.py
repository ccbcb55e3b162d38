"""What each key of PEFT's `LoraConfig` means for a merge: nothing, a number we use, or a refusal.

The keys are those of PEFT 0.21; a test compares them with the installed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from merge_worker.engine.errors import NotSupportedError

from .checkpoint import Checkpoint

WITHOUT_EFFECT: Final = frozenset(
    (
        # What it is and where it comes from.
        *("peft_type", "task_type", "peft_version", "auto_mapping", "base_model_name_or_path"),
        *("revision", "inference_mode"),
        # Which modules were trained: the names of the tensors say so too.
        *("target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"),
        # How it was trained.
        *("lora_dropout", "velora_config", "runtime_config", "megatron_core", "qalora_group_size"),
        # Settings of a start that `init_lora_weights` names.
        *("loftq_config", "eva_config", "corda_config", "lora_ga_config"),
        # Of embeddings and whole modules alone, which are refused by the names of their tensors.
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
"""Keys that decide what is added, or whether."""

MERGE_FIRST: Final = "merge it into its model first (peft: merge_and_unload)"

REFUSED: Final[Mapping[str, str]] = {
    "use_dora": MERGE_FIRST,
    "bias": MERGE_FIRST,
    "modules_to_save": MERGE_FIRST,
    "lora_bias": MERGE_FIRST,
    "trainable_token_indices": MERGE_FIRST,
    "kasa_config": "it changes the model's weights too; " + MERGE_FIRST,
    "monteclora_config": MERGE_FIRST,
    "use_bdlora": MERGE_FIRST,
    "use_qalora": MERGE_FIRST,
    "megatron_config": MERGE_FIRST,
    "target_parameters": "adapters of whole parameters, such as those of experts, are not built "
    "yet; " + MERGE_FIRST,
    "layer_replication": "it belongs to a model whose layers are repeated; build that model first "
    "(peft: merge_and_unload), and merge it as a whole model",
    "alora_invocation_tokens": "it acts on some of the tokens only, so no weights stand for it; "
    "keep it beside the merged model, as an adapter",
    "arrow_config": "it chooses among adapters for each token, so no weights stand for it; "
    "keep it beside the merged model, as an adapter",
}
"""Keys that must have their default, and what to do where they have not."""

CHANGES_BASE: Final = ("pissa", "olora", "corda", "loftq", "lora_ga")
"""How a value of `init_lora_weights` begins that takes the adapter's start out of the model.

The others (Gaussian, orthogonal, EVA, MiCA) leave the model's weights as they are.
"""
KEEPS_BASE: Final = ("gaussian", "eva", "orthogonal", "mica")

QUOTED: Final = 200
"""Characters of a value that an error quotes."""
_PLAIN: Final[tuple[Any, ...]] = (None, False, "none", [], {})


def check_keys(adapter: Checkpoint) -> None:
    """Make sure that W + scaling · B @ A is all that an adapter does.

    Raises:
        NotSupportedError: it is of another kind, or a key says that it does something else.
    """
    kind = adapter.config.get("peft_type", "LORA")
    if kind != "LORA":
        raise NotSupportedError(f"the adapter in {adapter.folder} is {kind}; only LORA is read")
    for key, value in adapter.config.items():
        if key not in WITHOUT_EFFECT | HANDLED and value not in _PLAIN:
            todo = REFUSED.get(key, "we do not know that key; " + MERGE_FIRST)
            raise NotSupportedError(
                f"the adapter in {adapter.folder} has {key}: {_short(value)}; {todo}"
            )
    _check_start(adapter)


def _check_start(adapter: Checkpoint) -> None:
    start = adapter.config.get("init_lora_weights")
    if not isinstance(start, str) or start.lower() in KEEPS_BASE:
        return
    why = "which takes its start out of the model's own weights"
    if not start.lower().startswith(CHANGES_BASE):
        why = "which we do not know"
    raise NotSupportedError(
        f"the adapter in {adapter.folder} has init_lora_weights: {_short(start)}, {why}; "
        "convert it to a plain adapter (peft: save_pretrained with "
        f"path_initial_model_for_weight_conversion), or {MERGE_FIRST}"
    )


def _short(value: Any) -> str:
    """A value as an error quotes it."""
    text = repr(value)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
