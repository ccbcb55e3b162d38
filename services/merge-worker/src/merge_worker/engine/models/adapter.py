"""LoRA adapters in PEFT's layout, read as W + scaling · B @ A (Hu et al., arXiv 2106.09685)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from merge_worker.engine.errors import CheckpointError, NotSupportedError
from merge_worker.engine.files.dtypes import CODES, finite_in_float32
from merge_worker.engine.files.header import Region

from .adapter_keys import MERGE_FIRST, check_keys
from .checkpoint import Checkpoint

_PREFIX = "base_model.model."
_KEY = re.compile(r"^(?P<module>.+)\.lora_(?P<side>[AB])(\.default)?\.weight$")
_NAME = re.compile(r"[\w.\-]+")


@dataclass(frozen=True)
class LowRank:
    """The update of one tensor by an adapter: `scaling` times left @ right.

    `left` is B (rows x rank) and `right` is A (rank x columns). `transposed` says that the tensor
    is stored as columns x rows, so both sides must be transposed.
    """

    left: Region
    right: Region
    scaling: float
    transposed: bool

    @property
    def rank(self) -> int:
        """The number of terms in each element's sum."""
        return self.right.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the tensor that it is added to."""
        rows, columns = self.left.shape[0], self.right.shape[1]
        return (columns, rows) if self.transposed else (rows, columns)


def low_rank_updates(adapter: Checkpoint) -> dict[str, LowRank]:
    """The update of each tensor that an adapter changes, by that tensor's name in the model.

    Raises:
        NotSupportedError: the adapter is of another kind, or has tensors besides A and B.
        CheckpointError: the parts do not fit together.
    """
    check_keys(adapter)
    pairs: dict[str, dict[str, Region]] = {}
    for name, region in adapter.tensors.items():
        found = _KEY.match(name.removeprefix(_PREFIX))
        if not found:
            raise NotSupportedError(
                f"the adapter in {adapter.folder} has {name!r}; only lora_A and lora_B of linear "
                f"layers can be read: {MERGE_FIRST}"
            )
        pairs.setdefault(found["module"], {})[found["side"]] = region
    settings = _Settings(adapter)
    return {
        f"{module}.weight": _update(adapter, settings, module, pair)
        for module, pair in pairs.items()
    }


def _update(
    adapter: Checkpoint, settings: _Settings, module: str, pair: Mapping[str, Region]
) -> LowRank:
    if pair.keys() != {"A", "B"}:
        raise CheckpointError(
            f"the adapter in {adapter.folder} lacks lora_A or lora_B of {module!r}"
        )
    left, right = pair["B"], pair["A"]
    if len(left.shape) != 2 or len(right.shape) != 2 or left.shape[1] != right.shape[0]:
        raise CheckpointError(
            f"the adapter in {adapter.folder} has B {list(left.shape)} and A {list(right.shape)} "
            f"for {module!r}; B @ A needs [rows, r] and [r, columns]"
        )
    if not {left.dtype, right.dtype} <= CODES.keys():
        raise CheckpointError(
            f"the adapter in {adapter.folder} stores {module!r} as {left.dtype} and "
            f"{right.dtype}; it must be one of {', '.join(CODES)}"
        )
    scaling = settings.scaling(module, right.shape[0])
    return LowRank(left, right, scaling, bool(adapter.config.get("fan_in_fan_out")))


class _Settings:
    """The settings of each module in an adapter's configuration."""

    def __init__(self, adapter: Checkpoint) -> None:
        self._adapter = adapter
        self._alphas = _Patterns(adapter, "alpha_pattern")
        self._ranks = _Patterns(adapter, "rank_pattern")

    def scaling(self, module: str, rank: int) -> float:
        """Alpha over r, or over √r for rank-stabilised adapters (arXiv 2312.03732)."""
        folder, config = self._adapter.folder, self._adapter.config
        if rank == 0:
            raise CheckpointError(f"the adapter in {folder} has rank 0 for {module!r}")
        alpha = self._number(self._alphas, module, "lora_alpha", 8)
        declared = self._number(self._ranks, module, "r", rank)
        if declared != rank:
            raise CheckpointError(
                f"adapter_config.json says rank {declared:g} for {module!r}, but its weights "
                f"have rank {rank}"
            )
        return alpha / (math.sqrt(rank) if config.get("use_rslora") else rank)

    def _number(self, patterns: _Patterns, module: str, key: str, default: float) -> float:
        value = patterns.value(module)
        value = self._adapter.config.get(key, default) if value is None else value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not finite_in_float32(value):
            raise CheckpointError(
                f"adapter_config.json in {self._adapter.folder} has the {key} {value!r} for "
                f"{module!r}; it must be a number that float32 can hold"
            )
        return float(value)


class _Patterns:
    """Values by the name of a module or the end of the name; the first matching entry counts.

    PEFT reads such names as regular expressions. They come from strangers, with the weights. So
    only entries that can be nothing but a name are accepted, and they are looked up.
    """

    def __init__(self, adapter: Checkpoint, key: str) -> None:
        """`key` is the configuration's."""
        patterns = adapter.config.get(key) or {}
        if not isinstance(patterns, dict):
            raise CheckpointError(
                f"{key} in {adapter.folder}/adapter_config.json must be a mapping"
            )
        self._whole: dict[str, tuple[int, Any]] = {}
        self._ends: dict[str, tuple[int, Any]] = {}
        for place, (pattern, value) in enumerate(patterns.items()):
            name = pattern.removeprefix("^").removesuffix("$").replace("\\.", ".")
            if not _NAME.fullmatch(name):
                raise NotSupportedError(
                    f"the adapter in {adapter.folder} has the {key} {pattern!r}, a regular "
                    f"expression; only names can be read: {MERGE_FIRST}"
                )
            self._whole.setdefault(name, (place, value))
            if not pattern.startswith("^"):
                self._ends.setdefault(name, (place, value))

    def value(self, module: str) -> Any:
        """The value for a module, or None."""
        found = [self._whole[module]] if module in self._whole else []
        start = module.find(".") + 1
        while self._ends and start:
            if end := self._ends.get(module[start:]):
                found.append(end)
            start = module.find(".", start) + 1
        return min(found, key=lambda entry: entry[0])[1] if found else None
