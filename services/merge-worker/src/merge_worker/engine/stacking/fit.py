"""Checks that models that are merged with one another have the same tensors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.buffers import is_buffer
from merge_worker.engine.ingredients.differences import lacks
from merge_worker.engine.ingredients.modules import belongs
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import Stack
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import SliceSource

from .restacking import sections_of
from .slices import Origin, Stacked

HEADS: Final = ("num_attention_heads", "num_key_value_heads", "n_head", "num_heads")


def check_whole(definer: Ingredient, others: Iterable[Ingredient], module: str | None) -> None:
    """Check models that are merged whole with the one that defines the output.

    A tensor outside the layers may be missing from the output; a layer's tensor must be in both
    models. With a module, only its tensors count.

    Raises:
        PlanError: their depths, or the tensors in their layers, differ.
    """
    for other in others:
        if other is not definer:
            _check_depths(definer, other, module)
            _check_there(definer, other, _names(definer, module))
            _check_kept(definer, other, _names(other, module))


def check_slices(stacked: Stacked, slices: Sequence[Sequence[SliceSource]]) -> None:
    """Check the sources of each slice against its first source, layer by layer.

    Raises:
        PlanError: a layer has a tensor that a layer merged with it lacks.
    """
    for sources, taken in zip(slices, stacked.ranges, strict=True):
        for source, layers in zip(sources[1:], taken[1:], strict=True):
            pair = (sources[0].model, source.model)
            for places in zip(taken[0], layers, strict=True):
                _check_pair(stacked, pair, places)


def _check_pair(
    stacked: Stacked, models: tuple[ModelRef, ModelRef], layers: tuple[int, int]
) -> None:
    one, other = (stacked.opened[model] for model in models)
    a, b = (_of_layer(stacked, model, layer) for model, layer in zip(models, layers, strict=True))
    if extra := [a[rest] for rest in sorted(a.keys() - b.keys())]:
        raise PlanError(lacks(other, one, extra, f" in its layer {layers[1]}"))
    if extra := [b[rest] for rest in sorted(b.keys() - a.keys())]:
        raise PlanError(lacks(one, other, extra, f" in its layer {layers[0]}"))


def _of_layer(stacked: Stacked, model: ModelRef, layer: int) -> dict[str, str]:
    """The names of a layer's tensors by their rests, without buffers."""
    names = stacked.names(Origin(stacked.opened[model], stacked.stacks[model], layer))
    return {rest: name for rest, name in names.items() if not is_buffer(name)}


def check_heads(definer: Ingredient, others: Iterable[Ingredient]) -> None:
    """Check that tensors of equal shape are divided into the same attention heads.

    Raises:
        PlanError: a model has more or fewer heads than the model that defines the output.
    """
    own = _text_section(definer)
    for other in others:
        section = _text_section(other)
        for key in HEADS:
            if type(own.get(key)) is type(section.get(key)) is int and own[key] != section[key]:
                raise PlanError(
                    f"{definer.reference} has {own[key]} attention heads and {other.reference} has "
                    f"{section[key]} ({key}): their tensors have equal shapes but other meanings"
                )


def _text_section(ingredient: Ingredient) -> Mapping[str, Any]:
    config = ingredient.checkpoint.config
    stacks = ingredient.layout.stacks
    return next(iter(sections_of(config, stacks[0])), config) if stacks else config


def _names(ingredient: Ingredient, module: str | None) -> list[str]:
    kept = [name for name in ingredient.names if not is_buffer(name)]
    return [name for name in kept if belongs(name, ingredient, module)]


def _check_depths(one: Ingredient, other: Ingredient, module: str | None) -> None:
    for prefix in dict.fromkeys(s.prefix for each in (one, other) for s in each.layout.stacks):
        depths = [_depth(each, prefix, module) for each in (one, other)]
        if all(depths) and depths[0] != depths[1]:
            raise PlanError(
                f"{one.reference} has {depths[0]} layers and {other.reference} has {depths[1]} "
                f"layers ({prefix}*): models merged whole must have the same number of layers; "
                "take as many layers from each with slices and layer_range"
            )


def _depth(ingredient: Ingredient, prefix: str, module: str | None) -> int:
    """How many layers a model runs under a prefix."""
    stack = ingredient.layout.under(prefix) or Stack(prefix, 0)
    layers = stack.split_all(_names(ingredient, module))
    return max(layers, default=-1) + 1 - stack.beyond


def _check_there(definer: Ingredient, other: Ingredient, names: Sequence[str]) -> None:
    missing = [name for name in names if other.find(name) is None]
    if missing and all(map(definer.layout.is_beyond, missing)):
        raise PlanError(
            f"{definer.reference}, which defines the output, has layers beyond those that its "
            f"configuration counts ({missing[0]}, …), but {other.reference} has none: list "
            f"{other.reference} first, so that the output has none either"
        )
    if missing:
        raise PlanError(lacks(other, definer, missing))


def _check_kept(definer: Ingredient, other: Ingredient, names: Sequence[str]) -> None:
    extra = [name for name in names if definer.find(name) is None]
    extra = [name for name in extra if not other.layout.is_beyond(name)]
    extra = [name for name in extra if definer.layout.place(name) or other.layout.place(name)]
    if extra:
        raise PlanError(lacks(definer, other, extra))
