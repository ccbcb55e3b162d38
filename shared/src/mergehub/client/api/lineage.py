"""Operations of the lineage. Written by `make documents`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from mergehub.client.calls import Call, Pages, part
from mergehub.client.types import lineage as t


def list_models(
    *,
    name: str | None = None,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ModelPage, t.Model]:
    """The models, sorted by name."""
    return Pages(
        "GET",
        "/v1/models",
        query={"name": name, "q": q, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_model(model_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.ModelDetail]:
    """A model with its names and revisions."""
    return Call("GET", f"/v1/models/{part(model_id)}", headers={"If-None-Match": if_none_match})


def list_ancestors(
    model_id: str | UUID,
    *,
    max_depth: int | None = None,
    limit: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.Walk]:
    """The models that a model was made from, directly or by way of others."""
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/ancestors",
        query={"max_depth": max_depth, "limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def list_descendants(
    model_id: str | UUID,
    *,
    max_depth: int | None = None,
    limit: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.Walk]:
    """The models that were made from a model, directly or by way of others."""
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/descendants",
        query={"max_depth": max_depth, "limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def list_popular_models(
    *,
    role: Literal["base", "ingredient"] | None = None,
    limit: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.PopularModels]:
    """The models that merges used most, as their base or as an ingredient."""
    return Call(
        "GET",
        "/v1/graph/popular",
        query={"role": role, "limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def import_graph(body: t.ImportCreate) -> Call[t.ImportReport]:
    """Take in up to 10,000 rows about edges and models; the report names each that was skipped."""
    return Call("POST", "/v1/graph/imports", body=body)
