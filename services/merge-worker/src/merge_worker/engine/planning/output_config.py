"""The output's configuration: that of the model that defines the output, edited to match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from merge_worker.engine.files.dtypes import TO_TORCH_NAME
from merge_worker.engine.ingredients.opened import is_vocabulary
from merge_worker.engine.plan import PlannedTensor
from mergehub.recipe.schema import Recipe


def output_config(
    recipe: Recipe, defining: Mapping[str, Any], tensors: Sequence[PlannedTensor]
) -> dict[str, Any]:
    """A configuration with the element type and the vocabulary of the output."""
    config = dict(defining)
    config.pop("_name_or_path", None)
    _set_everywhere(config, ("torch_dtype", "dtype"), _main_dtype(tensors))
    if recipe.allow_submatrix:
        rows = [t.region.shape[0] for t in tensors if is_vocabulary(t.name)]
        _set_everywhere(config, ("vocab_size",), rows[0] if rows else None)
    return config


def _main_dtype(tensors: Sequence[PlannedTensor]) -> str | None:
    """The element type of most of the output, as a configuration names it."""
    volume: Counter[str] = Counter()
    for tensor in tensors:
        volume[tensor.region.dtype] += tensor.region.nbytes
    return TO_TORCH_NAME.get(volume.most_common(1)[0][0]) if volume else None


def _set_everywhere(section: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Replace the value of each of the keys that exists, including in nested sections."""
    for key, old in section.items():
        if key in keys and old is not None and value is not None:
            section[key] = value
        elif isinstance(old, dict):
            section[key] = dict(old)
            _set_everywhere(section[key], keys, value)
