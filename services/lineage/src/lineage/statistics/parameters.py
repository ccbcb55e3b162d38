"""The query parameters of statistics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from lineage.answers.parameters import (
    EPOCH,
    Domains,
    Kinds,
    Licences,
    Methods,
    Relation,
    Since,
    find,
)
from lineage.memory.graph import Graph
from lineage.replica.serving import InMemory
from lineage.statistics.current import MERGES
from lineage.statistics.selection import Selection
from mergehub.contracts.shapes import AnyDay

Relations = Annotated[
    list[Relation] | None,
    Query(
        alias="relation",
        description="Count edges of these relations. Without it: merges; with `kind`, all edges.",
    ),
]
Until = Annotated[
    AnyDay | None,
    Query(description="Only edges made on this day or earlier; none whose date is not known."),
]
Base = Annotated[UUID | None, Query(description="Only models that were made on this base.")]


@dataclass(frozen=True)
class Counted:
    """The edges that a statistic counts, in a state of the graph."""

    graph: Graph
    selection: Selection


async def _counted(
    request: Request,
    graph: InMemory,
    relation: Relations = None,
    method: Methods = None,
    base: Base = None,
    licence: Licences = None,
    domain: Domains = None,
    kind: Kinds = None,
) -> Counted:
    selection = Selection(
        relations=_relations(relation, any_else=kind is not None),
        methods=None if method is None else frozenset(method),
        domains=None if domain is None else frozenset(domain),
        licences=None if licence is None else frozenset(licence),
        kinds=None if kind is None else frozenset(kind),
    )
    if base is None:
        return Counted(graph, selection)
    at = await find(request, graph, base)
    return Counted(at.graph, replace(selection, base=at.number))


def _relations(wanted: list[Relation] | None, any_else: bool) -> frozenset[str] | None:
    if wanted is not None:
        return frozenset(wanted)
    return None if any_else else MERGES


AnyTime = Annotated[Counted, Depends(_counted)]
"""The parameters from `relation` to `kind`. Raises ModelNotFound."""


async def _dated(counted: AnyTime, since: Since = None, until: Until = None) -> Counted:
    first, last = days(since), days(until)
    return replace(counted, selection=replace(counted.selection, since=first, until=last))


Dated = Annotated[Counted, Depends(_dated)]
"""The same and `since` and `until`."""


def days(day: date | None) -> int | None:
    """Days since 1970."""
    return None if day is None else (day - EPOCH).days
