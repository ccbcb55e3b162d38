"""Checks that the tensors of stacked layers are those that the output's configuration implies."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from merge_worker.engine.errors import PlanError
from merge_worker.engine.ingredients.buffers import is_buffer
from merge_worker.engine.ingredients.differences import differing_sizes, lacks
from merge_worker.engine.ingredients.modules import belongs
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import comes_before

from .slices import Origin, Stacked

Tensors = Mapping[str, tuple[int, ...]]
"""The rests of names of a layer's tensors, and their shapes."""


def check_tensors(stacked: Stacked, marks: Sequence[tuple[Any, ...]]) -> None:
    """Check that layers that the configuration treats alike have the same tensors.

    `marks` are what it says about each layer. If no layer was moved, each is compared with the
    layer in the same place of the model that defines the output.

    Raises:
        PlanError: two of them differ.
    """
    seen: dict[Hashable, Origin] = {}
    if stacked.in_place:
        definer, stack = stacked.definer, stacked.stack
        seen = {str(i): Origin(definer, stack, i) for i in range(stack.depth)}
    for place, origin in enumerate(stacked.origins):
        mark = str(place) if stacked.in_place else repr(marks[place])
        other = seen.setdefault(mark, origin)
        if _tensors(stacked, other) != _tensors(stacked, origin):
            raise _differ(stacked, other, origin)


def check_ends(stacked: Stacked, last: Ingredient, module: str | None) -> None:
    """Check that what follows the layers fits what precedes them, which another model may give.

    Raises:
        PlanError: after its layers, the output would have other tensors, or tensors of other
          shapes, than its configuration implies.
    """
    first = stacked.definer
    promised, given = (_end(stacked, each, module) for each in (first, last))
    if missing := sorted(promised.keys() - given.keys()):
        raise PlanError(lacks(last, first, missing))
    if extra := sorted(given.keys() - promised.keys()):
        raise PlanError(lacks(first, last, extra))
    for name, shape in promised.items():
        if given[name] != shape:
            raise PlanError(
                f"{name!r} of {last.reference}, which follows the layers, has shape "
                f"{list(given[name])}; in {first.reference}, which defines the output, it has "
                f"{list(shape)}: end with a slice of a model that fits"
            )


def _end(stacked: Stacked, model: Ingredient, module: str | None) -> Tensors:
    """The tensors after the layers of a model, named as in the model that defines the output."""
    stack, output = stacked.stacks[model.reference], stacked.stack
    found: dict[str, tuple[int, ...]] = {}
    for name in model.names:
        if is_buffer(name) or not belongs(name, model, module):
            continue
        if beyond := stack.split_beyond(name):
            found[output.join(output.depth + beyond[0], beyond[1])] = model.region(name).shape
        elif not (comes_before(name) or stack.split(name)):
            found[name] = model.region(name).shape
    return found


def _tensors(stacked: Stacked, origin: Origin) -> Tensors:
    names = {rest: name for rest, name in stacked.names(origin).items() if not is_buffer(name)}
    return {rest: origin.model.region(name).shape for rest, name in names.items()}


def _differ(stacked: Stacked, one: Origin, other: Origin) -> PlanError:
    a, b = _tensors(stacked, one), _tensors(stacked, other)
    rest = min(rest for rest in a.keys() | b.keys() if a.get(rest) != b.get(rest))
    found = f"{_described(one, a.get(rest))}, {_described(other, b.get(rest))}"
    if one.model is other.model:
        why = (
            "and the configuration cannot say which of them a layer has; "
            "leave the layers in their places, or take layers that are alike"
        )
    else:
        why = f"so they cannot be stacked{differing_sizes(one.model, other.model)}"
    return PlanError(f"{rest.lstrip('.')!r} is not the same in all layers: {found}; {why}")


def _described(origin: Origin, shape: tuple[int, ...] | None) -> str:
    held = "has none" if shape is None else f"has shape {list(shape)}"
    return f"layer {origin.layer} of {origin.model.reference} {held}"
