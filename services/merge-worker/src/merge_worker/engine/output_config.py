"""The output's configuration: that of the model that defines it, edited to match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .dtypes import TO_TORCH_NAME
from .errors import PlanError
from .ingredients import Ingredient, is_vocabulary
from .layers import with_layers
from .parts import Part, definer, main_stack, origins
from .plan import PlannedTensor


def output_config(
    recipe: Recipe,
    parts: Sequence[Part],
    opened: Mapping[ModelRef, Ingredient],
    tensors: Sequence[PlannedTensor],
) -> dict[str, Any]:
    """The configuration with depth, element type and vocabulary of the output.

    Raises:
        PlanError: the depth changes and the configuration has no key for it.
    """
    taken = origins(parts)
    giver = definer(parts, opened)
    config = dict(giver.checkpoint.config)
    if taken:
        stack = main_stack(giver)
        if max(taken) >= stack.depth:
            raise PlanError(
                f"the output takes layer {max(taken)}, for which the configuration of "
                f"{giver.reference} has no entry; make the deepest model the first source"
            )
        config = with_layers(config, stack, taken)
    config.pop("_name_or_path", None)
    _set_everywhere(config, ("torch_dtype", "dtype"), _main_dtype(tensors))
    if recipe.allow_submatrix:
        rows = [t.region.shape[0] for t in tensors if is_vocabulary(t.name)]
        _set_everywhere(config, ("vocab_size",), rows[0] if rows else None)
    return config


def _main_dtype(tensors: Sequence[PlannedTensor]) -> str | None:
    """The element type of most of the output, in the words of the configuration."""
    volume: Counter[str] = Counter()
    for tensor in tensors:
        volume[tensor.region.dtype] += tensor.region.nbytes
    return TO_TORCH_NAME.get(volume.most_common(1)[0][0]) if volume else None


def _set_everywhere(section: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Replace the value of each of the keys that is there, in nested sections too."""
    for key, old in section.items():
        if key in keys and old is not None and value is not None:
            section[key] = value
        elif isinstance(old, dict):
            section[key] = dict(old)
            _set_everywhere(section[key], keys, value)
