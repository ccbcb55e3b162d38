"""Operations of the lineage. Written by `make documents`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from mergehub.client.calls import Call, Pages, part
from mergehub.client.types import lineage as t


def list_model_facts(
    *,
    after: int | None = None,
    limit: int | None = None,
    wait: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.FactsPage]:
    """The models that changed after `after`, each once, with their facts, flags and parents."""
    return Call(
        "GET",
        "/v1/models/facts",
        query={"after": after, "limit": limit, "wait": wait},
        headers={"If-None-Match": if_none_match},
    )


def list_models(
    *,
    name: str | None = None,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ModelPage, t.ListedModel]:
    """The models, sorted by name; with `q`, at most 1,000 models that fit, the best first."""
    return Pages(
        "GET",
        "/v1/models",
        query={"name": name, "q": q, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_model(model_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.ModelDetail]:
    """A model with its names, revisions and flags, and what else is said of its parents."""
    return Call("GET", f"/v1/models/{part(model_id)}", headers={"If-None-Match": if_none_match})


def update_model(
    model_id: str | UUID, body: t.ModelUpdate, *, if_match: str
) -> Call[t.ModelDetail]:
    """Change what the body names. A renamed model keeps its id, and is found by former names."""
    return Call("PATCH", f"/v1/models/{part(model_id)}", headers={"If-Match": if_match}, body=body)


def list_ancestors(
    model_id: str | UUID,
    *,
    max_depth: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    if_none_match: str | None = None,
) -> Call[t.Walk]:
    """The models that a model was made from, directly or by way of others. With `Accept:
    application/x-ndjson`, all of them stream, nearest first, a node in each line; `limit` and
    `cursor` do not count then.
    """
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/ancestors",
        query={
            "max_depth": max_depth,
            "limit": limit,
            "cursor": cursor,
            "relation": relation,
            "method": method,
            "since": since,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_descendants(
    model_id: str | UUID,
    *,
    max_depth: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    if_none_match: str | None = None,
) -> Call[t.Walk]:
    """The models that were made from a model, directly or by way of others. With `Accept:
    application/x-ndjson`, all of them stream, nearest first, a node in each line; `limit` and
    `cursor` do not count then.
    """
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/descendants",
        query={
            "max_depth": max_depth,
            "limit": limit,
            "cursor": cursor,
            "relation": relation,
            "method": method,
            "since": since,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_relatives(
    model_id: str | UUID,
    *,
    max_depth: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    if_none_match: str | None = None,
) -> Call[t.Walk]:
    """What a model was made from and what was made from it. With `Accept: application/x-ndjson`,
    all of them stream, nearest first, a node in each line; `limit` and `cursor` do not count then.
    """
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/relatives",
        query={
            "max_depth": max_depth,
            "limit": limit,
            "cursor": cursor,
            "relation": relation,
            "method": method,
            "since": since,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_parents(
    model_id: str | UUID,
    *,
    q: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.Neighbours, t.Neighbour]:
    """The models that a model was made from directly, those with the most children first."""
    return Pages(
        "GET",
        f"/v1/models/{part(model_id)}/parents",
        query={
            "q": q,
            "relation": relation,
            "method": method,
            "since": since,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_children(
    model_id: str | UUID,
    *,
    q: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.Neighbours, t.Neighbour]:
    """The models that were made from a model directly, those with the most children first."""
    return Pages(
        "GET",
        f"/v1/models/{part(model_id)}/children",
        query={
            "q": q,
            "relation": relation,
            "method": method,
            "since": since,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_paths(
    model_id: str | UUID,
    *,
    to: str | UUID,
    ways: Literal["lineage", "any"] | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Call[t.Paths]:
    """All shortest paths from a model to another."""
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/paths",
        query={
            "to": to,
            "ways": ways,
            "relation": relation,
            "method": method,
            "since": since,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_common_ancestors(
    *,
    model: list[str],
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.CommonAncestors, t.CommonAncestor]:
    """The common ancestors of models, nearest first, such as the base that they share."""
    return Pages(
        "GET",
        "/v1/graph/common",
        query={
            "model": model,
            "relation": relation,
            "method": method,
            "since": since,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def get_shares(
    model_id: str | UUID, *, limit: int | None = None, if_none_match: str | None = None
) -> Call[t.Shares]:
    """How much of a model goes back to each of its origins; the answer states the rule."""
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/shares",
        query={"limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def get_licences(model_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.Licences]:
    """The licences of a model and its ancestors, and where on the way one of them is broken."""
    return Call(
        "GET", f"/v1/models/{part(model_id)}/licences", headers={"If-None-Match": if_none_match}
    )


def get_contamination(
    model_id: str | UUID, *, limit: int | None = None, if_none_match: str | None = None
) -> Call[t.Contamination]:
    """The flags that a moderator set on a model or on one of its ancestors, with the paths."""
    return Call(
        "GET",
        f"/v1/models/{part(model_id)}/contamination",
        query={"limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def check_ingredients(body: t.IngredientsAsked) -> Call[t.Ingredients]:
    """What is known of the models of a recipe: their shared base, flags and licences."""
    return Call("POST", "/v1/graph/ingredients", body=body)


def get_map(
    *,
    focus: str | UUID | None = None,
    direction: Literal["ancestors", "descendants", "both"] | None = None,
    depth: int | None = None,
    limit: int | None = None,
    collapse: int | None = None,
    layout: Literal["layers", "families"] | None = None,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    if_none_match: str | None = None,
) -> Call[t.Map]:
    """The models around one, or the most important ones of all, with the place of each."""
    return Call(
        "GET",
        "/v1/graph",
        query={
            "focus": focus,
            "direction": direction,
            "depth": depth,
            "limit": limit,
            "collapse": collapse,
            "layout": layout,
            "licence": licence,
            "domain": domain,
            "kind": kind,
            "relation": relation,
            "method": method,
            "since": since,
        },
        headers={"If-None-Match": if_none_match},
    )


def follow_changes(
    *,
    as_of: int | None = None,
    scores_as_of: str | None = None,
    wait: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.GraphState]:
    """How new the graph and its scores are, as soon as one is newer than what you have."""
    return Call(
        "GET",
        "/v1/graph/changes",
        query={"as_of": as_of, "scores_as_of": scores_as_of, "wait": wait},
        headers={"If-None-Match": if_none_match},
    )


def get_facets(
    *,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    if_none_match: str | None = None,
) -> Call[t.Facets]:
    """What a map can be filtered by: methods, licences and so on, and how many models have each."""
    return Call(
        "GET",
        "/v1/graph/facets",
        query={
            "licence": licence,
            "domain": domain,
            "kind": kind,
            "relation": relation,
            "method": method,
            "since": since,
        },
        headers={"If-None-Match": if_none_match},
    )


def export_graph(
    *,
    format: Literal["graphml", "csv", "jsonl", "mermaid", "dot", "openlineage"],
    focus: str | UUID | None = None,
    direction: Literal["ancestors", "descendants", "both"] | None = None,
    depth: int | None = None,
    limit: int | None = None,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    since: str | None = None,
    if_none_match: str | None = None,
) -> Call[str]:
    """The models around one, or all, with the edges between them, as a file."""
    return Call(
        "GET",
        "/v1/graph/export",
        query={
            "format": format,
            "focus": focus,
            "direction": direction,
            "depth": depth,
            "limit": limit,
            "licence": licence,
            "domain": domain,
            "kind": kind,
            "relation": relation,
            "method": method,
            "since": since,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_popular_models(
    *,
    role: Literal["base", "ingredient"] | Literal["any"] | None = None,
    limit: int | None = None,
    since: str | None = None,
    until: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    base: str | UUID | None = None,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    if_none_match: str | None = None,
) -> Call[t.PopularModels]:
    """The models that merges used most, as their base, as an ingredient or as either."""
    return Call(
        "GET",
        "/v1/graph/popular",
        query={
            "role": role,
            "limit": limit,
            "since": since,
            "until": until,
            "relation": relation,
            "method": method,
            "base": base,
            "licence": licence,
            "domain": domain,
            "kind": kind,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_methods_by_month(
    *,
    since: str | None = None,
    until: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    base: str | UUID | None = None,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    if_none_match: str | None = None,
) -> Call[t.MethodsByMonth]:
    """How many models each method made in each month, and how many at a time that is not known."""
    return Call(
        "GET",
        "/v1/graph/statistics/methods",
        query={
            "since": since,
            "until": until,
            "relation": relation,
            "method": method,
            "base": base,
            "licence": licence,
            "domain": domain,
            "kind": kind,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_risers(
    *,
    role: Literal["base", "ingredient"] | None = None,
    until: str | None = None,
    days: int | None = None,
    limit: int | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    base: str | UUID | None = None,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    if_none_match: str | None = None,
) -> Call[t.Risers]:
    """The models whose use grew most: the last days against as many days before."""
    return Call(
        "GET",
        "/v1/graph/statistics/risers",
        query={
            "role": role,
            "until": until,
            "days": days,
            "limit": limit,
            "relation": relation,
            "method": method,
            "base": base,
            "licence": licence,
            "domain": domain,
            "kind": kind,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_pairs(
    *,
    limit: int | None = None,
    since: str | None = None,
    until: str | None = None,
    relation: list[Literal["unknown", "merge", "finetune", "adapter", "quantized", "distilled"]]
    | None = None,
    method: list[str] | None = None,
    base: str | UUID | None = None,
    licence: list[str] | None = None,
    domain: list[str] | None = None,
    kind: list[
        Literal["original", "unknown", "merge", "finetune", "adapter", "quantized", "distilled"]
    ]
    | None = None,
    if_none_match: str | None = None,
) -> Call[t.Pairs]:
    """The pairs of ingredients that most models were made from together."""
    return Call(
        "GET",
        "/v1/graph/statistics/pairs",
        query={
            "limit": limit,
            "since": since,
            "until": until,
            "relation": relation,
            "method": method,
            "base": base,
            "licence": licence,
            "domain": domain,
            "kind": kind,
        },
        headers={"If-None-Match": if_none_match},
    )


def import_graph(body: t.ImportCreate) -> Call[t.ImportReport]:
    """Take in up to 10,000 rows about edges and models; the report names each that was skipped."""
    return Call("POST", "/v1/graph/imports", body=body)


def flag_model(model_id: str | UUID, body: t.FlagCreate) -> Call[t.Flag]:
    """Warn of a model and of all that came from it. The flag records who set it, and when."""
    return Call("POST", f"/v1/models/{part(model_id)}/flags", body=body)


def clear_flag(model_id: str | UUID, flag_id: int) -> Call[None]:
    """Take a warning back. The flag stays in the model's history, with who cleared it, and when."""
    return Call("DELETE", f"/v1/models/{part(model_id)}/flags/{part(flag_id)}")


def withdraw_edge(model_id: str | UUID, edge: int, body: t.WithdrawalCreate) -> Call[t.Withdrawal]:
    """Say that a model did not come from a parent in this way. No answer has the edge any more."""
    return Call("POST", f"/v1/models/{part(model_id)}/edges/{part(edge)}/withdrawal", body=body)


def restore_edge(model_id: str | UUID, edge: int) -> Call[None]:
    """Put a withdrawn edge back, with all that sources have said of it meanwhile."""
    return Call("DELETE", f"/v1/models/{part(model_id)}/edges/{part(edge)}/withdrawal")
