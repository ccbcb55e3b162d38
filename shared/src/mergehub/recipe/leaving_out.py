"""A recipe without one of its ingredients, for ablations: what does each of them add?

The recipe keeps its parameters. So a method that divides by the sum of the weights does so for the
rest, and one that adds up task vectors lacks one of them. If the method needs more models than
remain, the candidate is what remains: the only other model, or the base, unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .ingredients import ingredients
from .methods import MethodSpec, catalogue
from .reference import ModelRef
from .schema import ModelInput, OutputModule, OutputSlice, Recipe

COPY: Final = "passthrough"
"""The method that copies one model."""


@dataclass(frozen=True)
class LeftOut:
    """A recipe without a model; `how` says in a sentence what became of the rest.

    `recipe` is None if nothing would remain in some place; `how` then says where.
    """

    model: ModelRef
    recipe: Recipe | None
    how: str


def each_left_out(recipe: Recipe) -> Iterator[LeftOut]:
    """Yield the recipe without each model that it merges, in the order in which they are named.

    The origin of task vectors is not left out: without it there would be no task vectors.
    """
    spec = catalogue()[recipe.merge_method]
    listed = {entry.model for entry in recipe.inputs}
    bases = {recipe.base_model, *(part.base_model for part in recipe.all_slices)}
    for model in ingredients(recipe):
        if spec.base in ("required", "optional") and model in bases:
            continue
        if model in listed or spec.base == "member":
            yield _without(recipe, spec, model)


def _without(recipe: Recipe, spec: MethodSpec, model: ModelRef) -> LeftOut:
    base = recipe.base_model if recipe.base_model != model else None
    rest = [_rest(entries, model) for entries in _groups(recipe)]
    counts = [len(spec.merged([each.model for each in entries], base)) for entries in rest]
    if all(spec.takes(count) for count in counts):
        reduced = _with(recipe, rest, base, keep=True)
        return LeftOut(model, reduced, _how(recipe, spec))
    origin = base if next(recipe.all_slices, None) is None and spec.base != "none" else None
    alone = [_only(entries, base, origin) for entries in rest]
    if any(each is None for each in alone):
        return LeftOut(model, None, f"{model} cannot be left out: {_where(recipe, alone)}")
    kept = [[each] for each in alone if each is not None]
    names = ", ".join(dict.fromkeys(str(each[0].model) for each in kept))
    copied = _with(recipe, kept, base, keep=False)
    return LeftOut(
        model, copied, f"Only {names} remains, unchanged: {spec.name} needs more models."
    )


def _groups(recipe: Recipe) -> list[list[ModelInput]]:
    """The lists of models that are merged with one another: all, or those of each slice."""
    slices = [list[ModelInput](part.sources) for part in recipe.all_slices]
    return slices or [list(recipe.inputs)]


def _rest(entries: list[ModelInput], model: ModelRef) -> list[ModelInput]:
    return [each for each in entries if each.model != model]


def _only(
    entries: list[ModelInput], base: ModelRef | None, origin: ModelRef | None
) -> ModelInput | None:
    """The one model that remains, without its parameters; None if there is none, or several.

    If none is listed, it is the `origin`.
    """
    others = [each for each in entries if each.model != base] or entries[:1]
    if len(others) > 1:
        return None
    if others:
        return others[0].model_copy(update={"parameters": {}})
    return ModelInput(model=origin) if origin else None


def _where(recipe: Recipe, alone: list[ModelInput | None]) -> str:
    if next(recipe.all_slices, None) is None:
        return "too few models would remain for the method."
    return f"slice {alone.index(None) + 1} would have no source, or too few for the method."


def _with(
    recipe: Recipe, groups: list[list[ModelInput]], base: ModelRef | None, *, keep: bool
) -> Recipe:
    """The recipe with these models in its groups; `keep` its method and parameters."""
    left = iter(groups)

    def part(each: OutputSlice) -> OutputSlice:
        changes: dict[str, object] = {"sources": tuple(next(left))}
        return each.model_copy(update=changes if keep else {**changes, **_BARE})

    def content(each: Recipe | OutputModule) -> dict[str, object]:
        if each.slices is not None:
            return {"slices": tuple(map(part, each.slices))}
        return {"models": tuple(next(left))} if each.models is not None else {}

    changes = content(recipe)
    if recipe.modules is not None:
        changes["modules"] = {
            name: each.model_copy(update={**content(each), **({} if keep else {"parameters": {}})})
            for name, each in recipe.modules.items()
        }
    if not keep:
        changes |= {"merge_method": COPY, "parameters": {}}
    if recipe.tokenizer_source == "base" and base is None:
        changes["tokenizer_source"] = recipe.base_model
    return recipe.model_copy(update={**changes, "base_model": base})


_BARE: Final[dict[str, object]] = {"parameters": {}, "base_model": None}


def _how(recipe: Recipe, spec: MethodSpec) -> str:
    if spec.parameter("weight") is None:
        return f"{spec.title} of the remaining models, with the recipe's parameters."
    normalize = spec.parameter("normalize")
    if normalize and recipe.parameters.get("normalize", normalize.default) is not False:
        return "The remaining weights are divided by their sum, as the recipe's `normalize` says."
    if spec.base in ("required", "optional"):
        return "The other task vectors keep their weights; this one is not added."
    return "The other weights stay as they are, so their sum is smaller."
