"""Lays out the tensors of an output: which they are, and from what each is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from merge_worker.engine.ingredients.modules import find_module
from merge_worker.engine.ingredients.opened import Ingredient
from merge_worker.engine.stacking.fit import check_slices, check_whole
from merge_worker.engine.stacking.layer_kinds import slice_pairs, unlike, whole_pairs
from merge_worker.engine.stacking.layer_tensors import check_ends, check_tensors
from merge_worker.engine.stacking.restacking import restack
from merge_worker.engine.stacking.slices import check_count, stack_slices
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .groups import Copy, Group, Wanted, slices_of, stacked, whole


@dataclass(frozen=True)
class Output:
    """The contents of a recipe's output, before any tensor is planned.

    Attributes:
        definer: the model that the output follows in everything that is not merged.
        module: the only module that is merged, if the recipe names one.
        stacked: whether its layers are taken in slices.
        config: the definer's configuration, for the output's layers.
        written: the keys of it that were added.
        settled: the keys in which each layer keeps what it had in its model.
        unlike: notes about merged layers that do different things.
        wanted: the output's tensors.
    """

    definer: Ingredient
    module: str | None
    stacked: bool
    config: Mapping[str, Any]
    written: tuple[str, ...]
    settled: frozenset[str]
    unlike: tuple[str, ...]
    wanted: Sequence[Wanted | Copy]


def lay_out(
    recipe: Recipe, groups: Sequence[Group], opened: Mapping[ModelRef, Ingredient]
) -> Output:
    """Lay out what a recipe asks for.

    The first of `opened` defines the output of models merged whole, the first slice's first source
    that of slices.

    Raises:
        PlanError: the models do not fit together, or a slice or a module does not exist.
        NotSupportedError: layers of an encoder-decoder model would be moved.
    """
    slices = slices_of(groups)
    first = next(iter(opened))
    definer = opened[slices[0][0].model if slices and recipe.modules is None else first]
    module = find_module(next(iter(recipe.modules)), definer) if recipe.modules else None
    if not slices:
        others = [opened[model] for model in groups[0].read(opened)]
        check_count(len(definer.names) * len(others))
        check_whole(definer, others, module)
        config, notes = definer.checkpoint.config, tuple(unlike(whole_pairs(definer, others)))
        wanted = list(whole(groups[0], definer, module))
        return Output(definer, module, False, config, (), frozenset(), notes, wanted)
    layers = stack_slices(slices, definer, opened, module)
    check_slices(layers, slices)
    restacked = restack(layers)
    check_tensors(layers, restacked.marks)
    check_ends(layers, opened[slices[-1][0].model], module)
    notes = tuple(unlike(slice_pairs(layers, slices)))
    wanted = list(stacked(groups, layers, module))
    return Output(
        definer=definer,
        module=module,
        stacked=True,
        config=restacked.config,
        written=restacked.written,
        settled=restacked.settled,
        unlike=notes,
        wanted=wanted,
    )
