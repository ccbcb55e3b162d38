"""Warnings for an acceptable recipe: things that do less than they seem to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mergehub.recipe.faults import Fault, Path, bounded, excerpt, pointer, printable
from mergehub.recipe.filters import EVERYTHING, reads_as_expression
from mergehub.recipe.methods import MethodSpec, catalogue
from mergehub.recipe.reference import ModelRef
from mergehub.recipe.schema import Recipe

from .walk import Group, Place, as_reference, groups, places, reference


def advise(recipe: Recipe) -> tuple[Fault, ...]:
    """Return the warnings for a recipe, as faults that do not refuse it."""
    document = recipe.model_dump(mode="json", exclude_none=True)
    return tuple(bounded(_warnings(document, catalogue()[recipe.merge_method])))


def _warnings(document: dict[str, Any], method: MethodSpec) -> Iterator[Fault]:
    for place in places(document):
        yield from _without_effect(place, method)
        yield from _unreachable(place)
        for name, value in place.parameters.items():
            yield from _taken_as_text((*place.path, "parameters", name), value)
    for group in groups(document):
        base = as_reference(group.base)
        yield from _repeated(group)
        yield from _without_default(group, method)
        if method.base == "member":
            yield from _first(group, base)
        elif method.base in ("required", "optional"):
            yield from _idle_base(group, base)


def _without_effect(place: Place, method: MethodSpec) -> Iterator[Fault]:
    for name in place.parameters.keys() & set(method.without_effect):
        path = pointer((*place.path, "parameters", name))
        message = f"{name!r} has no effect in {method.name}"
        yield Fault(path, "without-effect", message, "remove it")


def _unreachable(place: Place) -> Iterator[Fault]:
    """Warn of filters after an entry that already matches every tensor."""
    for name, value in place.parameters.items():
        entries = value if isinstance(value, list) else []
        for i, entry in enumerate(entries[:-1]):
            if isinstance(entry, dict) and entry.get("filter", EVERYTHING) == EVERYTHING:
                path = pointer((*place.path, "parameters", name, i + 1))
                message = "never used: the entry before it matches every tensor"
                yield Fault(path, "unreachable", message, "put the entry without a filter last")
                break


def _taken_as_text(path: Path, value: Any) -> Iterator[Fault]:
    """Warn of filters that look like regular expressions but are read as part of a name."""
    if isinstance(value, list):
        for i, each in enumerate(value):
            yield from _taken_as_text((*path, i), each)
    if not isinstance(value, dict):
        return
    pattern = value.get("filter")
    if isinstance(pattern, str) and reads_as_expression(pattern):
        message = f"{excerpt(pattern)} is read as part of a tensor's name, as in mergekit"
        hint = f"for a regular expression, write it between slashes: /{printable(pattern)}/"
        yield Fault(pointer((*path, "filter")), "filter-as-text", message, hint)
    yield from _taken_as_text((*path, "value"), value.get("value"))


def _repeated(group: Group) -> Iterator[Fault]:
    seen: set[ModelRef | None] = set()
    for place in group.inputs:
        ref = reference(place.content)
        if ref in seen:
            message = f"{excerpt(str(ref))} is listed more than once; each entry is merged"
            yield Fault(pointer((*place.path, "model")), "repeated-model", message)
        seen.add(ref)


def _without_default(group: Group, method: MethodSpec) -> Iterator[Fault]:
    """Warn of a required parameter that has a value only for the tensors that filters match."""
    for spec in method.parameters:
        given = [place for place in group.around if spec.name in place.parameters]
        values = [place.parameters[spec.name] for place in given]
        if spec.required and spec.scope == "recipe" and all(map(_takes_some, values)):
            path = pointer((*given[-1].path, "parameters", spec.name))
            message = (
                f"a tensor that none of these filters matches has no {spec.name}, and "
                f"{method.name} needs one"
            )
            yield Fault(path, "no-default", message, "add an entry without a filter at the end")


def _takes_some(value: Any) -> bool:
    """Return whether a value applies to some tensors only."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        return False
    return all(
        each.get("filter", EVERYTHING) != EVERYTHING or _takes_some(each["value"]) for each in value
    )


def _first(group: Group, base: ModelRef | None) -> Iterator[Fault]:
    """Say which model a method such as SLERP starts from, if the recipe does not."""
    refs = [reference(place.content) for place in group.inputs]
    if len(refs) > 1 and base not in refs:
        which = "is not one of the merged models" if base else "is not given"
        message = (
            f"base_model {which}, so the merge starts from the first listed, "
            f"{excerpt(str(refs[0]))}"
        )
        yield Fault(pointer(group.path), "base-not-merged", message)


def _idle_base(group: Group, base: ModelRef | None) -> Iterator[Fault]:
    for place in group.inputs:
        if place.parameters and reference(place.content) == base:
            message = "parameters of the base have no effect: the base has no task vector"
            yield Fault(pointer((*place.path, "parameters")), "without-effect", message)
