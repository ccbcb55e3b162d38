"""Warnings for an acceptable recipe: things that do less than they seem to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mergehub.recipe.faults import Fault, Path, bounded, excerpt, pointer, printable
from mergehub.recipe.filters import EVERYTHING, reads_as_expression
from mergehub.recipe.methods import MethodSpec, catalogue
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe
from mergehub.recipe.values import FilteredValue, Parameters, Setting, is_filtered

from .merges import Merge, settings


def advise(recipe: Recipe, merged: Sequence[Merge]) -> tuple[Fault, ...]:
    """Return the warnings for a recipe that merges these, as faults that do not refuse it."""
    return tuple(bounded(_warnings(recipe, merged, catalogue()[recipe.merge_method])))


def _warnings(recipe: Recipe, merged: Sequence[Merge], method: MethodSpec) -> Iterator[Fault]:
    for path, parameters in settings(recipe, merged):
        yield from _without_effect(path, parameters, method)
        for name, value in parameters.items():
            if is_filtered(value):
                yield from _of_filters((*path, "parameters", name), value)
    for merge in merged:
        yield from _repeated(merge)
        yield from _without_default(merge, method)
        if method.base == "member":
            yield from _first(merge)
        elif method.base in ("required", "optional"):
            yield from _idle_base(merge)


def _without_effect(path: Path, parameters: Parameters, method: MethodSpec) -> Iterator[Fault]:
    for name in parameters.keys() & method.without_effect:
        message = f"{name!r} has no effect in {method.name}"
        place = pointer((*path, "parameters", name))
        yield Fault(place, "without-effect", message, "remove it")


def _of_filters(path: Path, entries: tuple[FilteredValue, ...]) -> Iterator[Fault]:
    """Warn of filters after an entry that already matches every tensor, and of strange ones."""
    for i, entry in enumerate(entries[:-1]):
        if entry.filter in (None, EVERYTHING):
            message = "never used: the entry before it matches every tensor"
            hint = "put the entry without a filter last"
            yield Fault(pointer((*path, i + 1)), "unreachable", message, hint)
            break
    yield from _taken_as_text(path, entries)


def _taken_as_text(path: Path, value: Setting) -> Iterator[Fault]:
    """Warn of filters that look like regular expressions but are read as part of a name."""
    for i, entry in enumerate(value if is_filtered(value) else ()):
        if entry.filter is not None and reads_as_expression(entry.filter):
            message = f"{excerpt(entry.filter)} is read as part of a tensor's name, as in mergekit"
            hint = (
                f"for a regular expression, write it between slashes: /{printable(entry.filter)}/"
            )
            yield Fault(pointer((*path, i, "filter")), "filter-as-text", message, hint)
        yield from _taken_as_text((*path, i, "value"), entry.value)


def _repeated(merge: Merge) -> Iterator[Fault]:
    seen: set[ModelRef] = set()
    for i, model in enumerate(merge.models):
        if model in seen:
            message = f"{excerpt(str(model))} is listed more than once; each entry is merged"
            yield Fault(pointer((*merge.path, i, "model")), "repeated-model", message)
        seen.add(model)


def _without_default(merge: Merge, method: MethodSpec) -> Iterator[Fault]:
    """Warn of a required parameter that has a value only for the tensors that filters match."""
    for spec in method.parameters:
        if not spec.required or spec.scope != "recipe":
            continue
        given = [place for place in merge.around if spec.name in place[1].parameters]
        if all(_takes_some(part.parameters[spec.name]) for _, part in given):
            path = pointer((*given[-1][0], "parameters", spec.name))
            message = (
                f"a tensor that none of these filters matches has no {spec.name}, and "
                f"{method.name} needs one"
            )
            yield Fault(path, "no-default", message, "add an entry without a filter at the end")


def _takes_some(value: Setting) -> bool:
    """Return whether a value applies to some tensors only."""
    return is_filtered(value) and all(
        each.filter not in (None, EVERYTHING) or _takes_some(each.value) for each in value
    )


def _first(merge: Merge) -> Iterator[Fault]:
    """Say which model a method such as SLERP starts from, if the recipe does not."""
    base, models = merge.base, merge.models
    if len(models) > 1 and base not in models:
        which = "is not one of the merged models" if base else "is not given"
        message = (
            f"base_model {which}, so the merge starts from the first listed, "
            f"{excerpt(str(models[0]))}"
        )
        yield Fault(pointer(merge.path), "base-not-merged", message)


def _idle_base(merge: Merge) -> Iterator[Fault]:
    for i, each in enumerate(merge.inputs):
        if each.parameters and each.model == merge.base:
            message = "parameters of the base have no effect: the base has no task vector"
            yield Fault(pointer((*merge.path, i, "parameters")), "without-effect", message)
