"""A merge method's requirements on a recipe: models, base, parameters and their places.

These rules read the plain document, not the parsed recipe, so that one answer lists the faults of
the shape and of the rules. Here, anything of the wrong shape is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from pydantic_core import PydanticCustomError

from mergehub.recipe.faults import MAX_FAULTS, Fault, Path, did_you_mean, excerpt, nearest, pointer
from mergehub.recipe.methods import MethodSpec, ParameterSpec, catalogue
from mergehub.recipe.scalars import FLOAT32_MAX, Scalar, describe, not_a_flag, read_scalar
from mergehub.recipe.schema import Recipe

from .structure import home_of
from .walk import Group, Place, as_reference, groups, places, reference

MAX_SPREAD = 50_000
METHOD = "merge_method"


def broken_rules(document: dict[str, Any]) -> Iterator[Fault]:
    """Yield every rule of the language or of its merge method that a document breaks.

    A misspelt method is read as the nearest one, so that one answer lists what else is wrong.
    """
    field = _method_field(document)
    name = document.get(field)
    if not isinstance(name, str):
        return
    known = catalogue()
    if name not in known:
        yield unknown_method(name, field)
    method = known.get(name) or known.get(nearest(name, known) or "")
    if method is None:
        return
    merged = tuple(groups(document))
    if _spread(merged, method) > MAX_SPREAD:
        message = (
            f"the recipe has more than {MAX_SPREAD} values when each parameter is written at every "
            f"model that it applies to"
        )
        yield Fault("", "limit", message, "give each parameter only to the models that need it")
        return
    for place in places(document, merged):
        for parameter, value in place.parameters.items():
            yield from _parameter(place, parameter, value, method)
    for group in merged:
        yield from _base(group, method)
        yield from _count(group, method)
        yield from _required(group, method)


def _spread(merged: Sequence[Group], method: MethodSpec) -> int:
    """Return how many values the canonical form has, each at its innermost place; the count stops
    soon after `MAX_SPREAD`."""
    total = 0
    sizes: dict[Path, int] = {}
    for group in merged:
        for place in group.around:
            if place.path not in sizes:
                sizes[place.path] = _size(place.parameters)
            total += sizes[place.path] * (1 + len(group.inputs))
        total += len(group.inputs) * (1 + len(method.parameters))
    return total


def _size(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 1


def unknown_method(name: str, field: str = METHOD) -> Fault:
    """Return the fault of a method that is not in the catalogue."""
    known = sorted(catalogue())
    message = f"there is no merge method {excerpt(name)}; the methods are {', '.join(known)}"
    return Fault(pointer([field]), "unknown-method", message, did_you_mean(name, known))


def _method_field(document: dict[str, Any]) -> str:
    """Return the field that names the method, even if the field's own name is misspelt."""
    if METHOD in document:
        return METHOD
    fields = Recipe.model_fields
    strange = (key for key in document if isinstance(key, str) and key not in fields)
    near = [key for key in islice(strange, MAX_FAULTS) if nearest(key, fields) == METHOD]
    return near[0] if len(near) == 1 else METHOD


def _parameter(place: Place, name: str, value: Any, method: MethodSpec) -> Iterator[Fault]:
    spec = method.parameter(name)
    if spec is not None and spec.scope == "model" and spec.is_in_range(value):
        return  # as nearly all are
    path = (*place.path, "parameters", name)
    if spec is None and name not in method.without_effect:
        yield _unknown_parameter(path, name, method)
        spec = method.parameter(_meant(name, method) or "")
    if spec is not None and spec.scope == "recipe" and place.level == "model":
        message = f"{spec.name!r} has one value for all models and cannot be set for one of them"
        hint = "move it to the parameters of the slice or the recipe"
        yield Fault(pointer(path), "misplaced-parameter", message, hint)
    elif spec is not None:
        for where, scalar in _scalars(path, value):
            yield from _value(where, scalar, spec)


def _unknown_parameter(path: Path, name: str, method: MethodSpec) -> Fault:
    names = ", ".join(spec.name for spec in method.parameters)
    message = f"{method.name} has no parameter {excerpt(name)}; it has {names or 'none'}"
    meant = _meant(name, method)
    hint = f"did you mean {meant!r}?" if meant else home_of(name) or _whose(name)
    return Fault(pointer(path), "unknown-parameter", message, hint)


def _meant(name: str, method: MethodSpec) -> str | None:
    """Return the parameter that a name misspells; a field that belongs elsewhere is no match."""
    return None if home_of(name) else nearest(name, (spec.name for spec in method.parameters))


def _whose(name: str) -> str | None:
    """Return a hint that names the methods that have a parameter of this name, or None."""
    owners = sorted(method.name for method in catalogue().values() if method.parameter(name))
    return f"it is a parameter of {', '.join(owners)}" if owners else None


def _scalars(path: Path, value: Any) -> Iterator[tuple[Path, Scalar]]:
    """Yield every scalar in a value, through gradients and filters."""
    if isinstance(value, list):
        for i, each in enumerate(value):
            yield from _scalars((*path, i), each)
    elif isinstance(value, dict):
        yield from _scalars((*path, "value"), value.get("value"))
    else:
        try:
            yield path, read_scalar(value)
        except PydanticCustomError:
            return


def _value(path: Path, value: Scalar, spec: ParameterSpec) -> Iterator[Fault]:
    """Check one scalar against the type and the range of its parameter."""
    if spec.type == "str":
        if value not in spec.choices:
            message = f"{spec.name} must be one of {', '.join(spec.choices)}, not {describe(value)}"
            hint = did_you_mean(str(value), spec.choices)
            yield Fault(pointer(path), "choice", message, hint)
    elif spec.type == "bool":
        if value not in (0, 1):
            message = f"{spec.name} {not_a_flag(value)}"
            yield Fault(pointer(path), "type", message)
    elif isinstance(value, bool | str) or (spec.type == "int" and value != int(value)):
        wanted = "a whole number" if spec.type == "int" else "a number"
        message = f"{spec.name} must be {wanted}, not {describe(value)}"
        yield Fault(pointer(path), "type", message)
    elif not spec.contains(value):
        wanted = spec.range if abs(value) <= FLOAT32_MAX else "a number that float32 can hold"
        message = f"{spec.name} must be {wanted}, not {describe(value)}"
        yield Fault(pointer(path), "range", message)


def _base(group: Group, method: MethodSpec) -> Iterator[Fault]:
    if method.base == "required" and group.base is None:
        message = f"{method.name} needs a base_model: what the others were fine-tuned from"
        yield Fault("/base_model", "missing", message, "add base_model: org/name")


def _count(group: Group, method: MethodSpec) -> Iterator[Fault]:
    """Compare the number of models with what the method takes."""
    listed = [ref for place in group.inputs if (ref := reference(place.content)) is not None]
    if not listed or len(listed) < len(group.inputs):
        return
    count = len(method.merged(listed, as_reference(group.base)))
    if not method.takes(count):
        message = f"{method.name} merges {method.how_many}; here {_are(count)} listed"
        yield Fault(pointer(group.path), "count", message)


def _required(group: Group, method: MethodSpec) -> Iterator[Fault]:
    for spec in method.parameters:
        if not spec.required or any(spec.name in place.parameters for place in group.around):
            continue
        if spec.scope == "recipe":
            path: Path = (*group.around[-1].path, "parameters", spec.name)
            yield _missing(path, spec, method)
            continue
        for place in group.inputs:
            if spec.name not in place.parameters:
                yield _missing((*place.path, "parameters", spec.name), spec, method)


def _missing(path: Path, spec: ParameterSpec, method: MethodSpec) -> Fault:
    message = f"{method.name} needs the parameter {spec.name!r}: {spec.doc}"
    return Fault(pointer(path), "missing", message)


def _are(count: int) -> str:
    return f"{count} are" if count > 1 else f"{count or 'none'} is"
