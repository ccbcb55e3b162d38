"""The groups of models that a valid recipe merges with one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mergehub.recipe.faults import Path
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import ModelInput, OutputModule, OutputSlice, Recipe
from mergehub.recipe.values import Parameters

Around = tuple[tuple[Path, Recipe | OutputModule | OutputSlice], ...]


class Merge(NamedTuple):
    """Models that are merged with one another: those of `models`, or the sources of one slice.

    `around` holds the parts whose parameters apply to all of them, with their places, the
    innermost first.
    """

    path: Path
    inputs: Sequence[ModelInput]
    around: Around
    base: ModelRef | None

    @property
    def models(self) -> list[ModelRef]:
        """The models listed."""
        return [each.model for each in self.inputs]


def merges(recipe: Recipe) -> list[Merge]:
    """Every group of models that a recipe merges."""
    around: Around = (((), recipe),)
    found = list(_within(recipe, around, recipe.base_model))
    for name, module in (recipe.modules or {}).items():
        found += _within(module, ((("modules", name), module), *around), recipe.base_model)
    return found


def settings(recipe: Recipe, merged: Sequence[Merge]) -> Iterator[tuple[Path, Parameters]]:
    """Yield the parameters of every place of a recipe that has any, each once, and the place."""
    found: dict[Path, Parameters] = {(): recipe.parameters}
    for name, module in (recipe.modules or {}).items():
        found["modules", name] = module.parameters
    for merge in merged:
        for path, part in merge.around:
            found.setdefault(path, part.parameters)
        for i, each in enumerate(merge.inputs):
            found[*merge.path, i] = each.parameters
    return ((path, each) for path, each in found.items() if each)


def _within(part: Recipe | OutputModule, around: Around, base: ModelRef | None) -> Iterator[Merge]:
    """Yield the groups directly in a recipe or a module."""
    [(path, _), *_] = around
    if part.models is not None:
        yield Merge((*path, "models"), part.models, around, base)
    for i, each in enumerate(part.slices or ()):
        inside = (*path, "slices", i)
        own = base if each.base_model is None else each.base_model
        yield Merge((*inside, "sources"), each.sources, ((inside, each), *around), own)
