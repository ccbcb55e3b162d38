"""The answer with what a map can be filtered by."""

from __future__ import annotations

from datetime import date

from lineage.answers.schemas import AS_OF
from mergehub.contracts.messages import Answer


class Facet(Answer):
    """A value to filter by, and how many models have it; null: they have none."""

    value: str | None
    models: int


class Dates(Answer):
    """The first and the last day on which models were made; of `unknown` models no day is known."""

    first: date | None
    last: date | None
    unknown: int


class More(Answer):
    """How many more values there are than a list has."""

    methods: int
    licences: int
    domains: int


class Facets(Answer):
    """What a map can be filtered by, with the number of models that have it; most first.

    - `methods`, `relations`: of the edges to the parents of a model.
    - `kinds`: what the models of a map are, such as `original` or `merge`.
    - `more`: values that are left out, as a list has at most 200.
    """

    methods: list[Facet]
    relations: list[Facet]
    licences: list[Facet]
    domains: list[Facet]
    kinds: list[Facet]
    made_on: Dates
    more: More
    as_of: int = AS_OF
