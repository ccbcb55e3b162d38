"""What is merged with what: a recipe's models or slices turned into names of tensors.

Whether a recipe lists whole models or slices, its output is a sequence of tensors, each of which is
merged from one tensor of every model of one part of the recipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import ModelInput, OutputModule, OutputSlice, Recipe, SliceSource
from mergehub.recipe.values import Parameters, layer_position

from .errors import PlanError
from .ingredients import Ingredient
from .layers import Stack, comes_before

Ingredients = Mapping[ModelRef, Ingredient]


@dataclass(frozen=True)
class Part:
    """Models that are merged with one another: all of a recipe's, or those of one slice.

    `around` are the parameters that hold for all of them, the innermost first.
    """

    inputs: tuple[ModelInput, ...]
    base: ModelRef | None
    around: tuple[Parameters, ...]

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The models listed, in order."""
        return tuple(entry.model for entry in self.inputs)


@dataclass(frozen=True)
class Wanted:
    """An output tensor to be: its name, its place in the depth (0 to 1), and the name to look for
    in each of the part's inputs, and in a base that is none of them (None: not known)."""

    name: str
    position: float
    part: Part
    names: tuple[str, ...]
    base_name: str | None


def parts_of(recipe: Recipe) -> tuple[Part, ...]:
    """The parts of a recipe in order: one if it lists models, one per slice otherwise."""
    content: Recipe | OutputModule = recipe
    around: tuple[Parameters, ...] = (recipe.parameters,)
    if recipe.modules is not None:
        (content,) = recipe.modules.values()
        around = (content.parameters, *around)
    if content.models is not None:
        return (Part(content.models, recipe.base_model, around),)
    return tuple(_slice(part, recipe, around) for part in content.slices or ())


def _slice(part: OutputSlice, recipe: Recipe, around: tuple[Parameters, ...]) -> Part:
    base = part.base_model or recipe.base_model
    return Part(part.sources, base, (part.parameters, *around))


def whole(part: Part, definer: Ingredient) -> Iterator[Wanted]:
    """The output tensors of models merged whole: those of the model that defines the output."""
    for name in definer.names:
        place = definer.layout.place(name)
        position = layer_position(place[1], place[0].depth) if place else _outside(name)
        yield Wanted(name, position, part, (name,) * len(part.inputs), name)


def stacked(parts: Sequence[Part], opened: Ingredients) -> Iterator[Wanted]:
    """The output tensors of stacked slices.

    Those outside the layers come from the first slice if they act before the stack and from the
    last if after it.

    Raises:
        PlanError: a slice asks for layers that a model does not have, or for unequal numbers.
    """
    first, last = opened[parts[0].inputs[0].model], opened[parts[-1].inputs[0].model]
    out = main_stack(first)
    yield from (w for w in _rest(parts[0], first) if comes_before(w.name))
    depth = 0
    for part in parts:
        ranges = [_layers(source, opened) for source in part.inputs]
        if len({len(layers) for layers in ranges}) > 1:
            listed = ", ".join(
                f"{s.model} {[r.start, r.stop]}" for s, r in zip(part.inputs, ranges, strict=True)
            )
            raise PlanError(f"the sources of a slice give different numbers of layers: {listed}")
        for offset in range(len(ranges[0])):
            origins = [layers[offset] for layers in ranges]
            position = layer_position(offset, len(ranges[0]))
            yield from _layer(part, opened, out, depth, origins, position)
            depth += 1
    yield from (w for w in _rest(parts[-1], last) if not comes_before(w.name))


def origins(parts: Sequence[Part]) -> list[int]:
    """For each layer of the output, the layer of the first source that it is made of."""
    return [
        layer
        for part in parts
        if isinstance(source := part.inputs[0], SliceSource)
        for layer in source.layers
    ]


def main_stack(ingredient: Ingredient) -> Stack:
    """The stack that slices cut.

    Raises:
        PlanError: the model has none.
    """
    stacks = ingredient.layout.stacks
    if not stacks:
        raise PlanError(f"{ingredient.reference} has no numbered layers to take slices of")
    return stacks[0]


def _layers(source: ModelInput, opened: Ingredients) -> range:
    assert isinstance(source, SliceSource)
    depth = main_stack(opened[source.model]).depth
    if source.layers.stop > depth:
        raise PlanError(
            f"layer_range {list(source.layer_range)} of {source.model} reaches beyond its "
            f"{depth} layers"
        )
    return source.layers


def _layer(
    part: Part, opened: Ingredients, out: Stack, depth: int, origins: list[int], position: float
) -> Iterator[Wanted]:
    stacks = [main_stack(opened[source.model]) for source in part.inputs]
    definer = opened[part.inputs[0].model]
    for name in definer.names:
        found = stacks[0].split(name)
        if found and found[0] == origins[0]:
            names = tuple(s.join(o, found[1]) for s, o in zip(stacks, origins, strict=True))
            yield Wanted(out.join(depth, found[1]), position, part, names, None)


def _rest(part: Part, definer: Ingredient) -> Iterator[Wanted]:
    stack = main_stack(definer)
    for name in definer.names:
        if stack.split(name) is None:
            yield Wanted(name, _outside(name), part, (name,) * len(part.inputs), name)


def _outside(name: str) -> float:
    return 0.0 if comes_before(name) else 1.0
