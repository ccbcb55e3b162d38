"""Planning a merge: from a recipe and headers to the table of output tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mergehub.recipe.ingredients import ingredients
from mergehub.recipe.not_built import never_merged
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .errors import NotSupportedError, PlanError
from .ingredients import Ingredient, open_ingredient
from .method import Method
from .methods import discover
from .output_config import output_config
from .parts import Part, Wanted, origins, parts_of, stacked, whole
from .plan import Plan, PlannedTensor
from .shards import assign_places
from .sources import Sources
from .table import Table
from .tokenizers import plan_tokenizer

MAX_SHARD_SIZE: Final = 5_000_000_000
"""Bytes of tensors per output file, as transformers has it."""


def plan_merge(
    recipe: Recipe, sources: Sources, *, seed: int = 0, max_shard_size: int = MAX_SHARD_SIZE
) -> Plan:
    """Plan a merge; reads headers and configurations, no tensor.

    Raises:
        PlanError: the ingredients do not fit together, or not to the recipe.
        NotSupportedError: the recipe asks for something that the engine does not do.
        SourceError, CheckpointError: an ingredient cannot be had, or is damaged.
    """
    if fault := next(never_merged(recipe), None):
        raise NotSupportedError(str(fault))
    method = _method(recipe)
    parts = parts_of(recipe)
    opened = {each: open_ingredient(each, sources) for each in _used(recipe, parts, method)}
    for ingredient in opened.values():
        _refuse_quantized(ingredient)
    table = Table(recipe, method, opened)
    wanted = _wanted(parts, opened)
    tensors = assign_places([table.tensor(each) for each in wanted], max_shard_size)
    left_out = () if origins(parts) else _left_out(tensors, opened)
    tokenizer = plan_tokenizer(recipe, opened, sources)
    return Plan(
        recipe=recipe,
        seed=seed,
        models=tuple(each.planned for each in opened.values()),
        tensors=tensors,
        config=output_config(recipe, parts, opened, tensors),
        copies=tokenizer.copies,
        texts=tokenizer.texts,
        notes=(*_base_apart(recipe, method, opened), *left_out, *tokenizer.notes),
    )


def _method(recipe: Recipe) -> Method:
    method = discover().get(recipe.merge_method)
    if method is None:
        known = ", ".join(sorted(discover()))
        raise PlanError(f"there is no merge method {recipe.merge_method!r}; there are {known}")
    return method


def _used(recipe: Recipe, parts: tuple[Part, ...], method: Method) -> list[ModelRef]:
    """The models whose tensors are read: the base first, if it is one, then as listed."""
    used: set[ModelRef | None] = set()
    for part in parts:
        places = method.spec.merged(part.models, part.base)
        used |= {part.base if place is None else part.models[place] for place in places}
        if method.spec.base in ("required", "optional"):
            used.add(part.base)
    return [each for each in ingredients(recipe) if each in used]


def _base_apart(
    recipe: Recipe, method: Method, opened: Mapping[ModelRef, Ingredient]
) -> Iterator[str]:
    base = recipe.base_model
    if method.spec.base == "member" and base is not None and base not in opened:
        yield f"{base} is not merged: enough models are listed without it, the first goes first"


def _refuse_quantized(ingredient: Ingredient) -> None:
    if "quantization_config" in ingredient.checkpoint.config:
        raise NotSupportedError(
            f"{ingredient.reference} is quantized; merge the model that it was made of"
        )


def _wanted(parts: tuple[Part, ...], opened: Mapping[ModelRef, Ingredient]) -> Iterator[Wanted]:
    """The output tensors; of models merged whole, those of the first one opened."""
    if origins(parts):
        return stacked(parts, opened)
    return whole(parts[0], next(iter(opened.values())))


def _left_out(
    tensors: tuple[PlannedTensor, ...], opened: Mapping[ModelRef, Ingredient]
) -> Iterator[str]:
    """What of the ingredients has no place in the output, in sentences."""
    made = {tensor.name for tensor in tensors}
    for ingredient in opened.values():
        extra = [name for name in ingredient.names if name not in made]
        if extra:
            named = ", ".join(extra[:3]) + (", …" if len(extra) > 3 else "")
            yield f"{ingredient.reference} has tensors that the output has not: {named}"
