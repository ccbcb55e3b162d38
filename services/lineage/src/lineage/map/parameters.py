"""The query parameters that say which models and edges a map, or an export, has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query, Request

from lineage.answers.parameters import Domains, Kinds, Licences, Where, find
from lineage.map.chosen import Chosen
from lineage.map.neighbourhood import Around, neighbourhood
from lineage.map.overview import overview
from lineage.map.wanted import Wanted
from lineage.memory.graph import Graph
from lineage.memory.segments import Direction
from lineage.questions.kinds import KINDS
from lineage.replica.serving import InMemory
from mergehub.columns.codes import codes_of, sets_with

MOST = 50_000

Focus = Annotated[UUID | None, Query(description="The model in the middle; without it, all.")]
Directions = Annotated[
    Literal["ancestors", "descendants", "both"], Query(description="Which relatives of the focus.")
]
Depth = Annotated[int, Query(ge=1, le=1000, description="The most steps from the focus.")]
Collapse = Annotated[
    int,
    Query(
        ge=0,
        le=MOST,
        description="Of a model's children with the same relation so many are shown, the most "
        "important ones, and the others are counted; 0: all are shown.",
    ),
]


def _wanted(
    graph: InMemory,
    where: Where,
    licence: Licences = None,
    domain: Domains = None,
    kind: Kinds = None,
) -> Wanted:
    licences = None if licence is None else frozenset(codes_of(graph.codes.licence, licence))
    domains = None if domain is None else frozenset(sets_with(graph.codes.domains, domain))
    kinds = None if kind is None else frozenset(map(KINDS.index, kind))
    return Wanted(where, licences, domains, kinds)


FilterBy = Annotated[Wanted, Depends(_wanted)]
"""The parameters `relation`, `method`, `since`, `licence`, `domain` and `kind`."""


@dataclass(frozen=True)
class Selected:
    """The models of a map in a state of the graph; `focus` is a model's number."""

    graph: Graph
    focus: int | None
    wanted: Wanted
    chosen: Chosen


@dataclass(frozen=True)
class Asked:
    """What a caller asks to see; `select` chooses the models, and takes a while."""

    graph: Graph
    focus: int | None
    around: Around
    wanted: Wanted

    def select(self) -> Selected:
        if self.focus is None:
            chosen = overview(self.graph, self.around.limit, self.wanted)
        else:
            chosen = neighbourhood(self.graph, self.focus, self.around, self.wanted)
        return Selected(self.graph, self.focus, self.wanted, chosen)


_DIRECTIONS: dict[str, tuple[Direction, ...]] = {
    "ancestors": ("ancestors",),
    "descendants": ("descendants",),
    "both": ("ancestors", "descendants"),
}


def directions_of(word: str) -> tuple[Direction, ...]:
    return _DIRECTIONS[word]


async def focused(
    request: Request, graph: Graph, focus: UUID | None, around: Around, wanted: Wanted
) -> Asked:
    """What is asked, with the focus looked up. Raises ModelNotFound."""
    if focus is None:
        return Asked(graph, None, around, wanted)
    at = await find(request, graph, focus)
    return Asked(at.graph, at.number, around, wanted)
