"""What a recipe says about the models that it merges, also if it could not be merged today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError

from mergehub.lineage_files import values
from mergehub.lineage_files.rows import Layers
from mergehub.recipe import Fault, ModelRef, RecipeError, check_document
from mergehub.recipe.faults import bounded
from mergehub.recipe.yaml.document import load_documents

MOE, SLERP = "moe", "slerp"
PARTS = frozenset({"models", "slices", "modules", "experts"})
"""The fields of which a recipe has one."""


class NoRecipe(Exception):
    """A text that cannot be read as a recipe; `line` counts within it."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line or 1


@dataclass
class Ingredient:
    """One model of a merge; the numbers are known if the recipe gives it one of each."""

    ref: ModelRef
    base: bool = False
    weights: set[float | None] = field(default_factory=set)
    densities: set[float | None] = field(default_factory=set)
    layers: list[tuple[int, int]] = field(default_factory=list)

    @property
    def weight(self) -> float | None:
        return _only(self.weights)

    @property
    def density(self) -> float | None:
        return _only(self.densities)

    @property
    def ranges(self) -> Layers | None:
        return tuple(self.layers[: values.MOST_LAYERS]) or None


class Unread(NamedTuple):
    """A mention of a model that cannot be read, and why."""

    written: str
    reason: str


@dataclass
class Merge:
    """A method and its ingredients, and the faults for which a hub would refuse the recipe."""

    method: str | None
    ingredients: list[Ingredient]
    unread: list[Unread]
    faults: tuple[Fault, ...]


def read_merge(text: str) -> Merge:
    """The merge that a YAML text describes: a recipe, or mergekit's mixture of experts.

    Raises:
        NoRecipe: it is not YAML, or no recipe.
    """
    try:
        documents = load_documents(text)
    except RecipeError as error:
        fault = error.faults[0]
        raise NoRecipe(without_place(fault.message), fault.line) from None
    told = documents[0].data if documents else None
    data = _within(told)
    if data is None:
        raise NoRecipe("it names no models")
    faults = tuple(bounded(documents[0].faults)) or (_faults(data) if data is told else ())
    moe = "experts" in data
    method = MOE if moe else values.text(data.get("merge_method"))
    found: dict[str, Ingredient] = {}
    refused = [_take(found, data, *mention) for mention in _mentions(data)]
    unread = list(dict.fromkeys(each for each in refused if each is not None))
    if method == SLERP:
        _weigh_ends(list(found.values()), values.share(_dict(data.get("parameters")).get("t")))
    return Merge(method, list(found.values()), unread, () if moe else faults)


def _within(told: Any) -> Mapping[str, Any] | None:
    """The recipe, which may be the value of a field: an object, or a text of its own."""
    if not isinstance(told, dict):
        return None
    if told.keys() & PARTS:
        return told
    for value in told.values():
        if isinstance(value, str) and "merge_method" in value:
            try:
                documents = load_documents(value)
            except RecipeError:
                continue
            value = documents[0].data if documents else None
        if isinstance(value, dict) and value.keys() & PARTS:
            return value
    return None


def without_place(message: str) -> str:
    """The first line of a fault's message, without the line and column that count in its block."""
    return re.sub(r" at line \d+, column \d+", "", message.partition("\n")[0])


def _faults(data: Any) -> tuple[Fault, ...]:
    try:
        check_document(data)
    except RecipeError as error:
        return error.faults
    return ()


def _mentions(data: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any], bool]]:
    """Every mention of a model that is merged: how it is written, with what, and if as a base."""
    yield data.get("base_model"), {}, True
    for part in [data, *_dicts(_dict(data.get("modules")).values())]:
        for entry in _listed(part.get("models")):
            yield entry.get("model"), entry, False
        for cut in _listed(part.get("slices")):
            yield cut.get("base_model"), {}, True
            for entry in _listed(cut.get("sources")):
                yield entry.get("model"), entry, False
    for entry in [*_listed(data.get("experts")), *_listed(data.get("shared_experts"))]:
        yield entry.get("source_model"), entry, False


def _take(
    found: dict[str, Ingredient],
    data: Mapping[str, Any],
    written: Any,
    entry: Mapping[str, Any],
    base: bool,
) -> Unread | None:
    """Note a mention, or return it if it cannot be read."""
    if written is None:
        return None
    try:
        ref = ModelRef.model_validate(written)
    except ValueError as error:
        return Unread(str(written)[:200], _why(error))
    one = found.setdefault(str(ref).lower(), Ingredient(ref))
    one.base |= base
    if not base:
        own, shared = _dict(entry.get("parameters")), _dict(data.get("parameters"))
        numbers = own if one.base else {**shared, **own}
        one.weights.add(values.number(numbers.get("weight")))
        one.densities.add(values.share(numbers.get("density")))
        one.layers += values.layers(entry.get("layer_range")) or ()
    return None


def _weigh_ends(models: list[Ingredient], t: float | None) -> None:
    """Give SLERP's models the weights 1 - t and t: the base is at 0, or else the first."""
    if t is None or len(models) != 2 or any(each.weight is not None for each in models):
        return
    first, second = models
    first.weights, second.weights = {round(1 - t, 12)}, {t}


def _why(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    return str(error)


def _only(known: set[float | None]) -> float | None:
    return next(iter(known)) if len(known) == 1 else None


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(found: Any) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, dict)]


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return _dicts(value) if isinstance(value, list) else []
