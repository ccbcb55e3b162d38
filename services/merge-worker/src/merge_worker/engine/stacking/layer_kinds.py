"""Finds merged layers that do different things because of their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.opened import Ingredient
from mergehub.recipe.schema import SliceSource

from .layer_patterns import UNKNOWN, patterns_of
from .restacking import section_of
from .slices import Origin, Stacked

Pair = tuple[Origin, Origin]


def whole_pairs(definer: Ingredient, others: Iterable[Ingredient]) -> Iterator[Pair]:
    """Yield each text layer of the model that defines the output, with those merged into it."""
    for other in others:
        for one, two in zip(definer.layout.stacks[:1], other.layout.stacks[:1], strict=False):
            for layer in range(min(one.depth, two.depth)):
                yield Origin(definer, one, layer), Origin(other, two, layer)


def slice_pairs(stacked: Stacked, slices: Sequence[Sequence[SliceSource]]) -> Iterator[Pair]:
    """Yield each layer of the output, with those merged into its first source's layer."""
    origins = iter(stacked.origins)
    for sources, taken in zip(slices, stacked.ranges, strict=True):
        for layers in zip(*taken, strict=True):
            first = next(origins)
            for source, layer in zip(sources[1:], layers[1:], strict=True):
                stack = stacked.stacks[source.model]
                yield first, Origin(stacked.opened[source.model], stack, layer)


def unlike(pairs: Iterable[Pair]) -> Iterator[str]:
    """Yield a sentence for each two models of which layers of different kinds are merged."""
    kinds: dict[int, Sequence[Any]] = {}
    told = set()
    for pair in pairs:
        for each in pair:
            if id(each.model) not in kinds:
                kinds[id(each.model)] = _kinds(each)
        found = [kinds[id(each.model)][each.layer] for each in pair]
        models = (id(pair[0].model), id(pair[1].model))
        if found[0] != found[1] and models not in told:
            told.add(models)
            yield _sentence(*pair)


def _kinds(origin: Origin) -> Sequence[Any]:
    """The kind of each layer of a stack by its place; empty if that is unknown for its type."""
    section, config = section_of(origin), origin.model.checkpoint.config
    patterns = patterns_of(section, config)
    try:
        rows = [pattern.expand(section, origin.stack.depth) for pattern in patterns]
    except PlanError:
        rows = []
    if patterns is UNKNOWN or not rows:
        return [()] * origin.stack.depth
    return list(zip(*rows, strict=True))


def _sentence(one: Origin, other: Origin) -> str:
    return (
        f"layer {other.layer} of {other.model.reference} is merged into layer {one.layer} of "
        f"{one.model.reference}, but their places give them different tasks; the output's layer "
        f"does what that of {one.model.reference} does"
    )
