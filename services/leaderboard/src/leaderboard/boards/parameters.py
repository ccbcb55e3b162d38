"""The query parameters that choose the rows of a board."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, Field

from leaderboard.boards import known
from leaderboard.boards.filtering.filters import Filters
from leaderboard.facts.precisions import precision_named
from leaderboard.memory.serving import InMemory
from mergehub.columns import codes
from mergehub.contracts.domains.fields import NAMED
from mergehub.contracts.licences.identifiers import identifier_of
from mergehub.contracts.shapes import AnyDay

EPOCH = date(1970, 1, 1)
UNKNOWN = "`unknown`: those of which it is not known."

Text = Annotated[str, Field(min_length=1, max_length=500)]
Short = Annotated[str, Field(min_length=1, max_length=100)]


def _precision(written: str) -> str:
    return precision_named(written) or codes.UNKNOWN


Size = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


Q = Annotated[Text | None, Query(description="A part of the model's name, in any case.")]
Models = Annotated[list[Text] | None, Query(max_length=100, description="Only these models.")]
Methods = Annotated[
    list[Short] | None,
    Query(max_length=50, description=f"Only merges made by one of these methods. {UNKNOWN}"),
]
Bases = Annotated[
    list[Text] | None,
    Query(max_length=20, description="Only models that have one of these among their ancestors."),
]
Families = Annotated[
    list[Short] | None, Query(max_length=50, description=f"Only these families. {UNKNOWN}")
]
Domains = Annotated[
    list[Annotated[Short, NAMED]] | None,
    Query(max_length=50, description=f"Only models for one of these domains. {UNKNOWN}"),
]
Precisions = Annotated[
    list[Annotated[Short, AfterValidator(_precision)]] | None,
    Query(
        max_length=20,
        description=f"Only these precisions, in any usual spelling. {UNKNOWN}",
    ),
]
Licences = Annotated[
    list[Annotated[Short, AfterValidator(identifier_of)]] | None,
    Query(
        max_length=50,
        description=f"Only models under these licences, in any usual spelling. {UNKNOWN}",
    ),
]
SizeMin = Annotated[Size | None, Query(description="The least size in billions of parameters.")]
SizeMax = Annotated[Size | None, Query(description="The largest size in billions of parameters.")]
Since = Annotated[AnyDay | None, Query(description="Only models made on this day or later.")]
Until = Annotated[AnyDay | None, Query(description="Only models made on this day or earlier.")]
Merged = Annotated[bool | None, Query(description="True: only merges; false: only others.")]
Flagged = Annotated[
    bool | None, Query(description="True: only models with a flag; false: only those without.")
]
Verified = Annotated[
    bool, Query(description="Only results that a worker of this hub measured count.")
]


async def _filters(
    facts: InMemory,
    q: Q = None,
    model: Models = None,
    method: Methods = None,
    base: Bases = None,
    family: Families = None,
    domain: Domains = None,
    precision: Precisions = None,
    licence: Licences = None,
    size_min: SizeMin = None,
    size_max: SizeMax = None,
    since: Since = None,
    until: Until = None,
    merged: Merged = None,
    flagged: Flagged = None,
) -> Filters:
    where = Filters(
        q=q,
        model=_tuple(model),
        method=_tuple(method),
        base=_tuple(base),
        family=_tuple(family),
        domain=_tuple(domain),
        precision=_tuple(precision),
        licence=_tuple(licence),
        size_min=size_min,
        size_max=size_max,
        since=None if since is None else (since - EPOCH).days,
        until=None if until is None else (until - EPOCH).days,
        merged=merged,
        flagged=flagged,
    )
    known.check(where, facts)
    return where


def _tuple(texts: list[str] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(texts)


Where = Annotated[Filters, Depends(_filters)]
"""The filters of a board. Ranks stay those of the whole board. An operation with them declares
FactsLoading in `responses=`."""
