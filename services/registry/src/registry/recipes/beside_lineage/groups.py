"""The models of a recipe that are merged with one another, as a question to lineage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mergehub.recipe.checks.walk import as_reference, groups, reference
from mergehub.recipe.faults import Path
from mergehub.recipe.methods import MethodSpec
from mergehub.recipe.reference import ModelRef

MOST_MODELS = 100
MOST_GROUPS = 20
LONGEST_NAME = 500
"""What lineage takes in one question."""


@dataclass(frozen=True)
class Merged:
    """Models that are merged with one another, each with the place where it is named first.

    `base` is the origin of their task vectors; `base_path` is where it is, or would be, given.
    """

    path: Path
    models: Mapping[str, Path]
    base: str | None
    base_path: Path

    @property
    def question(self) -> dict[str, Any]:
        """The group as lineage takes it."""
        return {"models": list(self.models), "base": self.base}


def merged_groups(document: dict[str, Any], method: MethodSpec) -> list[Merged]:
    """The groups of a recipe, those with the same models and base once."""
    found: dict[tuple[object, ...], Merged] = {}
    for each in _merged(document, method):
        found.setdefault((each.base, *sorted(each.models)), each)
    return list(found.values())


def question_of(merged: Sequence[Merged]) -> dict[str, Any] | None:
    """The question about these groups; None if they are more than lineage takes in one."""
    names = {name for each in merged for name in (*each.models, each.base) if name}
    adapters = {str(ModelRef.parse(name).adapter) for name in names if "+" in name}
    too_many = len(names | adapters) > MOST_MODELS or len(merged) > MOST_GROUPS
    if too_many or any(len(name) > LONGEST_NAME for name in names | adapters):
        return None
    return {"groups": [each.question for each in merged], "models": sorted(adapters - names)}


def places(merged: Sequence[Merged]) -> dict[str, Path]:
    """The place of each model by its name in the recipe; that of an adapter is its model's."""
    found: dict[str, Path] = {}
    for each in merged:
        named = {**each.models, **({each.base: each.base_path} if each.base else {})}
        for name, path in named.items():
            found.setdefault(name, path)
            found.setdefault(name.partition("+")[2] or name, path)
    return found


def _merged(document: dict[str, Any], method: MethodSpec) -> Iterator[Merged]:
    for group in groups(document):
        listed = [(reference(place.content), (*place.path, "model")) for place in group.inputs]
        given, base_path = as_reference(group.base), _base_path(group.around)
        if given and method.base == "member" and method.joins([ref for ref, _ in listed], given):
            listed.append((given, base_path))
        base = str(given) if given and method.base in ("required", "optional") else None
        models: dict[str, Path] = {}
        for ref, path in listed:
            if ref is not None and str(ref) != base:
                models.setdefault(str(ref), path)
        if models:
            yield Merged(group.path, models, base, base_path)


def _base_path(around: Sequence[Any]) -> Path:
    """Where the base is given, or else the recipe's own field for it."""
    given = (each.path for each in around if each.content.get("base_model") is not None)
    return (*next(given, ()), "base_model")
