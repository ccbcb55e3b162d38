"""The groups of a recipe: turns its models or slices into names of tensors to merge.

Whether a recipe lists whole models or slices, its output is a sequence of tensors. Each is merged
from one tensor of every model in one group of the recipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from merge_worker.engine.ingredients.buffers import is_buffer
from merge_worker.engine.ingredients.modules import belongs
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.models.layers import comes_before
from merge_worker.engine.stacking.slices import Stacked
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import ModelInput, OutputModule, OutputSlice, Recipe, SliceSource
from mergehub.recipe.values import Parameters, layer_position


@dataclass(frozen=True)
class Group:
    """Models that are merged with one another: all of a recipe's, or those of one slice.

    `around` holds the parameters that apply to all of them, the innermost first.
    """

    inputs: tuple[ModelInput, ...]
    base: ModelRef | None
    around: tuple[Parameters, ...]

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The models listed, in order."""
        return tuple(entry.model for entry in self.inputs)

    def read(self, opened: Iterable[ModelRef]) -> list[ModelRef]:
        """Those of the opened models that this group merges, including its base."""
        read = {*self.models, self.base}
        return [model for model in opened if model in read]


@dataclass(frozen=True)
class Copy:
    """An output tensor that is copied from a model, byte for byte."""

    name: str
    model: ModelRef
    stored: str


@dataclass(frozen=True)
class Wanted:
    """An output tensor to plan: its name, its place in the depth (0 to 1), and the name to look for
    in each of the group's inputs, and in a base that is not one of them (None if unknown)."""

    name: str
    position: float
    group: Group
    names: tuple[str, ...]
    base_name: str | None


def groups_of(recipe: Recipe) -> tuple[Group, ...]:
    """The groups of a recipe in order: one if it lists models, one per slice otherwise."""
    content: Recipe | OutputModule = recipe
    around: tuple[Parameters, ...] = (recipe.parameters,)
    if recipe.modules is not None:
        (content,) = recipe.modules.values()
        around = (content.parameters, *around)
    if content.models is not None:
        return (Group(content.models, recipe.base_model, around),)
    return tuple(_slice(group, recipe, around) for group in content.slices or ())


def _slice(group: OutputSlice, recipe: Recipe, around: tuple[Parameters, ...]) -> Group:
    base = group.base_model or recipe.base_model
    return Group(group.sources, base, (group.parameters, *around))


def slices_of(groups: Sequence[Group]) -> list[list[SliceSource]]:
    """The sources of each slice; empty if models are merged whole."""
    found = ([s for s in group.inputs if isinstance(s, SliceSource)] for group in groups)
    return [sources for sources in found if sources]


def whole(group: Group, definer: Ingredient, module: str | None) -> Iterator[Wanted | Copy]:
    """Yield the output tensors of models merged whole: those of the model that defines the output.

    With a module, the tensors of other modules are copied; buffers are always copied.
    """
    for name in definer.names:
        if is_buffer(name) or not belongs(name, definer, module):
            yield Copy(name, definer.reference, name)
        else:
            place = definer.layout.place(name)
            position = (
                min(1.0, layer_position(place[1], place[0].depth)) if place else _outside(name)
            )
            yield Wanted(name, position, group, (name,) * len(group.inputs), name)


def stacked(
    groups: Sequence[Group], layers: Stacked, module: str | None
) -> Iterator[Wanted | Copy]:
    """Yield the output tensors of stacked slices.

    Tensors outside the layers come from the first slice if they act before the stack, and from the
    last slice if they act after it, like layers beyond the stack. Tensors outside the module are
    copied from the model that defines the output.
    """
    if module is not None:
        names = layers.definer.names
        others = (name for name in names if not belongs(name, layers.definer, module))
        yield from (Copy(name, layers.definer.reference, name) for name in others)
    yield from _rest(groups[0], layers, module, before=True)
    depth = 0
    for group, ranges in zip(groups, layers.ranges, strict=True):
        for offset, origins in enumerate(zip(*ranges, strict=True)):
            position = layer_position(offset, len(ranges[0]))
            yield from _layer(group, layers, depth, origins, position)
            depth += 1
    yield from _rest(groups[-1], layers, module, before=False)


def _layer(
    group: Group, layers: Stacked, depth: int, origins: tuple[int, ...], position: float
) -> Iterator[Wanted | Copy]:
    model = group.models[0]
    stacks = [layers.stacks[each] for each in group.models]
    for rest in layers.tensors[model][origins[0]]:
        name = layers.stack.join(depth, rest)
        names = tuple(s.join(o, rest) for s, o in zip(stacks, origins, strict=True))
        copied = is_buffer(names[0])
        yield Copy(name, model, names[0]) if copied else Wanted(name, position, group, names, None)


def _rest(
    group: Group, layers: Stacked, module: str | None, *, before: bool
) -> Iterator[Wanted | Copy]:
    ingredient = layers.opened[group.models[0]]
    stack = layers.stacks[ingredient.reference]
    for name in ingredient.names:
        if not belongs(name, ingredient, module):
            continue
        if beyond := stack.split_beyond(name):
            if not before:
                yield _beyond(group, layers, name, *beyond)
        elif comes_before(name) == before and stack.split(name) is None:
            if is_buffer(name):
                yield Copy(name, ingredient.reference, name)
            else:
                yield Wanted(name, _outside(name), group, (name,) * len(group.inputs), name)


def _beyond(group: Group, layers: Stacked, name: str, place: int, rest: str) -> Wanted | Copy:
    """A tensor of a layer beyond the stack, equally far beyond the output's stack."""
    model = group.models[0]
    output = layers.stack.join(len(layers.origins) + place, rest)
    stacks = [layers.stacks[each] for each in group.models]
    names = tuple(stack.join(stack.depth + place, rest) for stack in stacks)
    return Copy(output, model, name) if is_buffer(name) else Wanted(output, 1.0, group, names, None)


def _outside(name: str) -> float:
    return 0.0 if comes_before(name) else 1.0
