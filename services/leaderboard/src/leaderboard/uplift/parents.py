"""The parents of a model, as the facts in memory have them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from leaderboard.memory.facts import Facts
from leaderboard.memory.parents import RELATIONS, ROLES


class Parent(NamedTuple):
    """A parent in one role; `model` is its index."""

    model: int
    name: str
    role: str
    relation: str
    weight: float | None


def parents_of(facts: Facts, model: int) -> list[Parent]:
    """The parents of a model: the base first, then ingredients by name."""
    parents = facts.models.parents
    rows = parents.of(model)
    found = [
        Parent(at, facts.name(at), ROLES[role], RELATIONS[relation], _weight(weight))
        for at, role, relation, weight in zip(
            parents.model[rows].tolist(),
            parents.role[rows].tolist(),
            parents.relation[rows].tolist(),
            parents.weight[rows].tolist(),
            strict=True,
        )
    ]
    return sorted(found, key=lambda each: (each.role, each.name))


def ingredients_of(parents: Sequence[Parent]) -> list[str]:
    """The names of the ingredients, each once."""
    return sorted({parent.name for parent in parents if parent.role == "ingredient"})


def roles_of(parents: Sequence[Parent]) -> dict[str, list[str]]:
    """What each parent was in the merge."""
    roles: dict[str, list[str]] = {}
    for parent in parents:
        roles.setdefault(parent.name, []).append(parent.role)
    return roles


def _weight(weight: float) -> float | None:
    return None if math.isnan(weight) else weight
