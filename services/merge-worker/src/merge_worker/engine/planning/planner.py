"""Plans a merge: turns a recipe and headers into the table of output tensors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from merge_worker.engine.companions.beside import plan_beside
from merge_worker.engine.companions.giver import Giver
from merge_worker.engine.companions.tokenizers import check_vocabularies, tokenizer_giver
from merge_worker.engine.errors import NotSupportedError, PlanError
from merge_worker.engine.files.reading import stamp_of
from merge_worker.engine.ingredients.modules import TEXT
from merge_worker.engine.ingredients.opened import Ingredient, open_all
from merge_worker.engine.machine.shortage import shortage
from merge_worker.engine.method import AnyMethod
from merge_worker.engine.methods import discover
from merge_worker.engine.models.sources import Sources
from merge_worker.engine.numpy_methods import NumpyMethod
from merge_worker.engine.plan import Plan
from merge_worker.engine.stacking.families import check_types
from merge_worker.engine.stacking.fit import check_heads
from mergehub.recipe.checks.not_built import never_merged
from mergehub.recipe.ingredients import ingredients, tokenizer_models
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .groups import Group, groups_of
from .laying import lay_out
from .notes import differing, left_out, not_ours, rewritten, uncomputed, unread
from .noting import bounded
from .output_config import output_config
from .shards import assign_places
from .table import Table

MAX_SHARD_SIZE: Final = 5_000_000_000
"""Bytes of tensors per output file, as in transformers."""

_PACKED: Final = re.compile(r"\.(qweight|qzeros|weight\.(absmax|quant_map|quant_state\..+))$")
"""The names of tensors that GPTQ, AWQ and bitsandbytes write."""


def plan_merge(
    recipe: Recipe, sources: Sources, *, seed: int = 0, max_shard_size: int = MAX_SHARD_SIZE
) -> Plan:
    """Plan a merge; reads headers and configurations, but no tensors.

    Raises:
        PlanError: the ingredients do not fit together, or do not fit the recipe.
        NotSupportedError: the recipe asks for something that the engine does not do.
        SourceError, CheckpointError: an ingredient cannot be found or read, or is damaged.
        OutOfMemoryError: there is not enough memory for all the headers.
    """
    with shortage("to plan the merge: provide more memory, or merge fewer or smaller models"):
        return _planned(recipe, sources, seed, max_shard_size)


def _planned(recipe: Recipe, sources: Sources, seed: int, max_shard_size: int) -> Plan:
    if fault := next(never_merged(recipe), None):
        raise NotSupportedError(str(fault))
    method = _method(recipe)
    groups = groups_of(recipe)
    used = _used(recipe, groups, method)
    opened = open_all(used, _only_named(recipe, used), sources)
    for ingredient in opened.values():
        _refuse_quantized(ingredient)
    output = lay_out(recipe, groups, opened)
    table = Table(recipe, method, opened)
    tensors = assign_places([table.tensor(each) for each in output.wanted], max_shard_size)
    check_types(output.definer, opened.values(), output.module)
    if output.module in (None, TEXT):
        check_heads(output.definer, opened.values())
    tokenizer = tokenizer_giver(recipe, opened, sources)
    own = method.file if isinstance(method, NumpyMethod) else None
    notes = [
        *not_ours(recipe.merge_method, own),
        *_bases_apart(recipe, groups, method, opened),
        *unread(opened),
        *left_out(output, tensors, opened),
        *uncomputed(output, tensors, opened),
        *rewritten(output),
        *output.unlike,
        *differing(output, opened),
        *check_vocabularies(recipe, opened, tokenizer, tensors),
    ]
    config = output_config(recipe, output.config, tensors)
    definer = Giver(output.definer.reference, output.definer.location)
    beside = plan_beside(recipe, config, tokenizer, definer, sources)
    return Plan(
        recipe=recipe,
        seed=seed,
        models=tuple(each.planned for each in opened.values()),
        tokenizer=None if tokenizer.reference in opened else tokenizer.planned,
        tensors=tensors,
        config=beside.config,
        copies=beside.copies,
        texts=beside.texts,
        stamps={name: stamp_of(path, sources.within(path)) for name, path in beside.copies.items()},
        notes=bounded([*notes, *beside.notes]),
        method_file=own,
    )


def _method(recipe: Recipe) -> AnyMethod:
    method = discover().get(recipe.merge_method)
    if method is None:
        known = ", ".join(sorted(discover()))
        raise PlanError(
            f"there is no merge method {recipe.merge_method!r}; the methods are {known}"
        )
    return method


def _used(recipe: Recipe, groups: tuple[Group, ...], method: AnyMethod) -> list[ModelRef]:
    """The models whose tensors are read: the base first, if it is one of them, then as listed."""
    used: set[ModelRef | None] = set()
    for group in groups:
        models = group.models
        places = method.spec.merged(models, group.base)
        used |= {group.base if place is None else models[place] for place in places}
        if method.spec.base in ("required", "optional"):
            used.add(group.base)
    if recipe.modules is not None:
        used.add(recipe.base_model)
    return [each for each in ingredients(recipe) if each in used]


def _only_named(recipe: Recipe, used: list[ModelRef]) -> list[ModelRef]:
    """The models of which only the tokenizer is read, no tensors."""
    named = tokenizer_models(recipe)
    if recipe.base_model is not None and not named:
        named = [recipe.base_model]
    return [each for each in named if each not in used]


def _bases_apart(
    recipe: Recipe,
    groups: tuple[Group, ...],
    method: AnyMethod,
    opened: Mapping[ModelRef, Ingredient],
) -> Iterator[str]:
    """Yield which bases are named but not merged, and why."""
    spec = method.spec
    for base in dict.fromkeys([recipe.base_model, *(group.base for group in groups)]):
        if base is not None and base not in opened and spec.base == "member":
            yield f"{base} is not merged: {spec.name} starts from the first listed model instead"
        elif base is not None and base not in opened:
            gives = base == recipe.base_model and not tokenizer_models(recipe)
            rest = "only its tokenizer counts" if gives else "it is not used"
            yield f"{base} is not merged: {spec.name} has no base; {rest}"


def _refuse_quantized(ingredient: Ingredient) -> None:
    for section in _sections(ingredient.checkpoint.config):
        if isinstance(found := section.get("quantization_config"), dict):
            raise _quantized(ingredient, f" ({found.get('quant_method', 'of an unknown kind')})")
        if isinstance(found := section.get("quantization"), dict) and "bits" in found:
            raise _quantized(ingredient, " (MLX)")
    packed = next(filter(_PACKED.search, ingredient.checkpoint.tensors), None)
    if packed:
        raise _quantized(ingredient, f": it has {packed}")


def _sections(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a configuration and the sections directly inside it, such as text and vision."""
    yield config
    yield from (each for each in config.values() if isinstance(each, dict))


def _quantized(ingredient: Ingredient, how: str) -> NotSupportedError:
    return NotSupportedError(
        f"{ingredient.reference} is quantized{how}; merge the model that it was made from"
    )
