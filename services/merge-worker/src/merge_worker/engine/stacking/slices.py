"""Lays out slices as a stack of layers, checked and bounded before anything is made from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from merge_worker.engine.errors import NotSupportedError, PlanError
from merge_worker.engine.ingredients.modules import belongs
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import Stack, sense_of
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import SliceSource

from .uncounted_layers import check_known, why_no_more

MAX_LAYERS: Final = 4096
"""The most layers of an output."""

MAX_TENSORS: Final = 2_000_000
"""The most tensors that are read for an output."""

MAX_BYTES: Final = 10_000_000_000_000
"""The most bytes of a stack."""

Opened = Mapping[ModelRef, Ingredient]


@dataclass(frozen=True)
class Origin:
    """The layer of a model that a layer of the output is made from; the first, if several."""

    model: Ingredient
    stack: Stack
    layer: int


@dataclass(frozen=True)
class Stacked:
    """The layers of an output, and their origins.

    Attributes:
        definer: the model that defines the output.
        opened: the models of the recipe.
        stacks: for each model, the stack that is cut.
        ranges: for each slice, the layers of each of its sources.
        origins: for each layer of the output, the first source's layer.
        tensors: for each model, the tensors of each of its layers, by the rest of their names.
    """

    definer: Ingredient
    opened: Opened
    stacks: Mapping[ModelRef, Stack]
    ranges: tuple[tuple[range, ...], ...]
    origins: tuple[Origin, ...]
    tensors: Mapping[ModelRef, Mapping[int, Sequence[str]]]

    @property
    def stack(self) -> Stack:
        """The stack of the output, as deep as the definer's."""
        return self.stacks[self.definer.reference]

    def names(self, origin: Origin) -> dict[str, str]:
        """The names of a layer's tensors, by their rests."""
        rests = self.tensors[origin.model.reference].get(origin.layer, ())
        return {rest: origin.stack.join(origin.layer, rest) for rest in rests}

    @cached_property
    def in_place(self) -> bool:
        """Whether each layer keeps its place, and no model has more."""
        depths = {each.stack.depth for each in self.origins}
        places = [each.layer for each in self.origins]
        return depths == {self.stack.depth} and places == list(range(self.stack.depth))


def stack_slices(
    slices: Sequence[Sequence[SliceSource]], definer: Ingredient, opened: Opened, module: str | None
) -> Stacked:
    """Lay out the slices of a recipe, given by their sources.

    Raises:
        PlanError: a slice asks for layers that a model lacks, or for unequal numbers of layers; or
          the output would have more than MAX_LAYERS layers.
        NotSupportedError: layers of a model with an encoder and a decoder would be moved.
    """
    named = {source.model for sources in slices for source in sources} | {definer.reference}
    stacks = {model: main_stack(opened[model], module) for model in named}
    ranges = tuple(
        tuple(_range(s, stacks[s.model], opened[s.model]) for s in sources) for sources in slices
    )
    for sources, taken in zip(slices, ranges, strict=True):
        _check_equal(sources, taken)
    _check_bounds(slices, ranges)
    origins = tuple(
        Origin(opened[sources[0].model], stacks[sources[0].model], layer)
        for sources, taken in zip(slices, ranges, strict=True)
        for layer in taken[0]
    )
    tensors = {model: stacks[model].split_all(opened[model].names) for model in named}
    stacked = Stacked(definer, opened, stacks, ranges, origins, tensors)
    _refuse_two_stacks(stacked)
    if not stacked.in_place:
        for model, stack in stacks.items():
            check_known(stack, opened[model])
    _check_size(stacked, slices)
    return stacked


def main_stack(ingredient: Ingredient, module: str | None = None) -> Stack:
    """The stack that slices cut: the first stack of the model, or of a module.

    Raises:
        PlanError: there is none.
    """
    for stack in ingredient.layout.stacks:
        if belongs(f"{stack.prefix}0", ingredient, module):
            return stack
    where = ingredient.reference if module is None else f"{module} of {ingredient.reference}"
    raise PlanError(f"{where} has no numbered layers to slice")


def _range(source: SliceSource, stack: Stack, ingredient: Ingredient) -> range:
    if source.layers.stop > stack.depth:
        raise PlanError(
            f"layer_range {list(source.layer_range)} of {source.model} goes beyond its "
            f"{stack.depth} layer{'s' if stack.depth > 1 else ''}{why_no_more(stack, ingredient)}"
        )
    return source.layers


def _check_equal(sources: Sequence[SliceSource], taken: Sequence[range]) -> None:
    if len({len(layers) for layers in taken}) > 1:
        pairs = zip(sources, taken, strict=True)
        listed = ", ".join(f"{source.model} {[r.start, r.stop]}" for source, r in pairs)
        raise PlanError(f"the sources of a slice give different numbers of layers: {listed}")


def _check_bounds(
    slices: Sequence[Sequence[SliceSource]], ranges: Sequence[Sequence[range]]
) -> None:
    layers = sum(len(taken[0]) for taken in ranges)
    if layers > MAX_LAYERS:
        raise PlanError(
            f"the {len(slices):,} slices make a model of {layers:,} layers; the limit is "
            f"{MAX_LAYERS:,}"
        )


def check_count(tensors: int) -> None:
    """Check how many tensors a recipe reads.

    Raises:
        PlanError: more than MAX_TENSORS.
    """
    if tensors > MAX_TENSORS:
        raise PlanError(f"the recipe reads {tensors:,} tensors; the limit is {MAX_TENSORS:,}")


def _check_size(stacked: Stacked, slices: Sequence[Sequence[SliceSource]]) -> None:
    tensors, size = 0, 0
    origins = iter(stacked.origins)
    for sources, taken in zip(slices, stacked.ranges, strict=True):
        for origin in islice(origins, len(taken[0])):
            names = stacked.names(origin).values()
            tensors += len(sources) * len(names)
            size += sum(origin.model.region(name).nbytes for name in names)
    check_count(tensors)
    if size > MAX_BYTES:
        raise PlanError(f"the slices make layers of {size:,} bytes; the limit is {MAX_BYTES:,}")


def _refuse_two_stacks(stacked: Stacked) -> None:
    for ingredient in {id(each.model): each.model for each in stacked.origins}.values():
        stacks = _text_stacks(ingredient)
        if len(stacks) > 1 and not stacked.in_place:
            listed = " and ".join(f"{stack.prefix}* ({stack.depth} layers)" for stack in stacks)
            raise NotSupportedError(
                f"{ingredient.reference} has an encoder and a decoder, {listed}; a layer_range "
                "does not say which one it means, so their layers must keep their places: list the "
                "whole models under 'models', or take all layers in order"
            )


def _text_stacks(ingredient: Ingredient) -> list[Stack]:
    """The stacks of an encoder-decoder model, or the first stack of any other model."""
    stacks = [stack for stack in ingredient.layout.stacks if not sense_of(stack.prefix)]
    config: Mapping[str, Any] = ingredient.checkpoint.config
    both = {word for word in ("encoder", "decoder") for s in stacks if word in s.prefix.split(".")}
    return stacks if config.get("is_encoder_decoder") or len(both) == 2 else stacks[:1]
