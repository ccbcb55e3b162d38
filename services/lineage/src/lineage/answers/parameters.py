"""What the requests about the graph have in common: the model, the filter, the limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import AfterValidator

from lineage.memory.columns import RELATIONS
from lineage.memory.filters import EdgeFilter
from lineage.memory.graph import Graph
from lineage.models.service import ModelNotFound
from lineage.replica.serving import InMemory, replica_of
from mergehub.columns.codes import Codes
from mergehub.contracts.domains.fields import NAMED
from mergehub.contracts.licences.identifiers import identifier_of
from mergehub.contracts.shapes import AnyDay

EPOCH = date(1970, 1, 1)

_Text = Annotated[str, Query(min_length=1, max_length=100)]
Relation = Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
Relations = Annotated[
    list[Relation] | None,
    Query(alias="relation", description="Only edges of these relations; may be repeated."),
]
Methods = Annotated[
    list[_Text] | None,
    Query(alias="method", max_length=50, description="Only edges of these merge methods."),
]
Licences = Annotated[
    list[Annotated[_Text, AfterValidator(identifier_of)]] | None,
    Query(
        alias="licence",
        max_length=50,
        description="Only models under these licences, in any usual spelling; `unknown`: those "
        "without one.",
    ),
]
Domains = Annotated[
    list[Annotated[_Text, NAMED]] | None,
    Query(alias="domain", max_length=50, description="Only models for one of these domains."),
]
Kind = Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
Kinds = Annotated[
    list[Kind] | None,
    Query(alias="kind", description="Only models of these kinds; may be repeated."),
]
Since = Annotated[
    AnyDay | None,
    Query(description="Only edges made on this day or later; none whose date is not known."),
]
MaxDepth = Annotated[int | None, Query(ge=1, le=1000, description="The most steps to go.")]
MaxNodes = Annotated[
    int, Query(ge=1, le=2000, description="The most models to list, nearest first.")
]


async def _filter(
    graph: InMemory,
    relation: Relations = None,
    method: Methods = None,
    since: Since = None,
) -> EdgeFilter | None:
    if relation is None and method is None and since is None:
        return None
    relations = None if relation is None else frozenset(map(RELATIONS.index, relation))
    days = None if since is None else (since - EPOCH).days
    return EdgeFilter(relations=relations, methods=_codes(graph.codes.method, method), since=days)


def _codes(codes: Codes, texts: list[str] | None) -> frozenset[int] | None:
    """The codes of those texts that any edge has."""
    if texts is None:
        return None
    found = (codes.find(text) for text in texts)
    return frozenset(code for code in found if code is not None)


Where = Annotated[EdgeFilter | None, Depends(_filter)]
"""The query parameters `relation`, `method` and `since`; None: any edge."""


@dataclass(frozen=True)
class At:
    """A model in a state of the graph."""

    graph: Graph
    number: int


async def find(request: Request, graph: Graph, model_id: UUID) -> At:
    """The model with this id, also if it was added just now. Raises ModelNotFound."""
    number = graph.number(model_id)
    if number is None:
        graph = await replica_of(request.app).current()
        number = graph.number(model_id)
    if number is None:
        raise ModelNotFound(
            f"No model has the id {model_id}; `GET /v1/models?name=…` finds one by its name."
        )
    return At(graph, number)


async def _at(request: Request, graph: InMemory, model_id: UUID) -> At:
    return await find(request, graph, model_id)


OfModel = Annotated[At, Depends(_at)]
"""The model of the path, in the present state of the graph. Raises ModelNotFound."""
