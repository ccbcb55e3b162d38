"""The answers that are statistics."""

from __future__ import annotations

from uuid import UUID

from lineage.answers.schemas import AS_OF
from lineage.models.schemas import Model
from mergehub.contracts.messages import Answer


class PopularModel(Model):
    """`count`: by how many models it was used, of those that were asked for."""

    count: int


class PopularModels(Answer):
    """The most used model first; of equal ones, the one that has been known longer."""

    items: list[PopularModel]
    as_of: int = AS_OF


class MonthCount(Answer):
    """So many models were made by a method in a month, such as `2026-11`; null: it is not known."""

    month: str | None
    method: str | None
    count: int


class MethodsByMonth(Answer):
    """Sorted by month, then by method."""

    items: list[MonthCount]
    as_of: int = AS_OF


class Riser(Answer):
    """By how many models it was used in the last days, and in as many days before."""

    id: UUID
    name: str
    recent: int
    before: int


class Risers(Answer):
    """The model whose use grew most first."""

    items: list[Riser]
    as_of: int = AS_OF


class Pair(Answer):
    """Two ingredients, and how many models were made from both."""

    one: UUID
    one_name: str
    other: UUID
    other_name: str
    count: int


class Pairs(Answer):
    """The pair that is used most first."""

    items: list[Pair]
    as_of: int = AS_OF
