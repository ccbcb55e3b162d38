"""What a search knows of a recipe's content: read from its canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mergehub.recipe import ModelRef

MOST_VALUES = 64
"""So many values of a parameter are kept: of more, the least, the largest and some between."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+")
"""A name without a revision or an adapter, as most are."""


@dataclass(frozen=True)
class Described:
    """A recipe's methods, models (names in lower case, without revisions) and numbers.

    An adapter is an ingredient of its own. `parameters` has the different values of each parameter
    anywhere in the recipe, in ascending order; yes is 1 and no is 0. `count` is the number of
    different models that are merged, a model with an adapter being one, and `shape` says what the
    recipe lists: models, slices or modules.
    """

    methods: tuple[str, ...]
    base: str | None
    ingredients: tuple[str, ...]
    parameters: Mapping[str, tuple[float, ...]]
    count: int
    shape: str


UNKNOWN = Described((), None, (), {}, 0, "models")


def described(canonical: Mapping[str, Any]) -> Described:
    """What a search knows of a recipe with this canonical form, as plain data.

    Nothing of a form that this release cannot read: one recipe must not hold up all others.
    """
    try:
        return _described(canonical)
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        return UNKNOWN


def _described(canonical: Mapping[str, Any]) -> Described:
    parts = list(_parts(canonical))
    base = canonical.get("base_model")
    bases = [base, *(part.get("base_model") for part in parts)]
    models = [entry["model"] for part in parts for entry in _entries(part)]
    merged = dict.fromkeys(tuple(_names(each)) for each in [*bases, *models] if each)
    return Described(
        methods=(canonical["merge_method"],),
        base=next(_names(base)) if base else None,
        ingredients=tuple(dict.fromkeys(chain.from_iterable(merged))),
        parameters=_parameters(parts),
        count=len(merged),
        shape=next(each for each in ("modules", "slices", "models") if each in canonical),
    )


def _parts(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every part that lists models or sources."""
    if "modules" in part:
        for module in part["modules"].values():
            yield from _parts(module)
    else:
        yield from part.get("slices", (part,))


def _entries(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed: list[Mapping[str, Any]] = part.get("sources") or part.get("models") or []
    return listed


def _names(reference: str) -> Iterator[str]:
    """The name of a model, and of its adapter."""
    if _PLAIN.fullmatch(reference):
        yield reference.lower()
        return
    ref: ModelRef | None = ModelRef.parse(reference)
    while ref is not None:
        yield ref.model.lower()
        ref = ref.adapter


def _parameters(parts: list[Mapping[str, Any]]) -> dict[str, tuple[float, ...]]:
    found: dict[str, set[float]] = {}
    for place in (each for part in parts for each in (part, *_entries(part))):
        for name, setting in place.get("parameters", {}).items():
            found.setdefault(name, set()).update(_numbers(setting))
    return {name: _some(sorted(values)) for name, values in sorted(found.items()) if values}


def _numbers(setting: Any) -> Iterator[float]:
    """The numbers in a parameter's value: a number, anchors, or values with filters."""
    if isinstance(setting, list):
        for each in setting:
            yield from _numbers(each["value"] if isinstance(each, dict) else each)
    elif not isinstance(setting, str):
        yield float(setting)


def _some(values: list[float]) -> tuple[float, ...]:
    """At most `MOST_VALUES` of ascending values, evenly spread, the first and the last included."""
    last = len(values) - 1
    if last < MOST_VALUES:
        return tuple(values)
    return tuple(values[last * place // (MOST_VALUES - 1)] for place in range(MOST_VALUES))
