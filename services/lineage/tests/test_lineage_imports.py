"""Edges and models in bulk: what is taken in, corrected and skipped, and why."""

from __future__ import annotations

import asyncio
import csv
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from lineage import events
from lineage.edges.models import ClaimRow, EdgeRow, RefusedEdgeRow
from lineage.imports import service
from lineage.models.models import ModelRow
from lineage.recount import misordered, wrong_counters
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources

REAL_DATA = os.environ.get("MERGEHUB_REAL_DATA")


@pytest.fixture
def bring(client: httpx.AsyncClient, registry):
    """Import rows; return the report, or a problem."""
    registry.tokens["mgh_writer"] = "lineage:write"

    async def post(status: int = 200, **body: Any) -> dict[str, Any]:
        answer = await client.post(
            "/v1/graph/imports", json=body, headers={"Authorization": "Bearer mgh_writer"}
        )
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    return post


async def edges(resources: Resources) -> set[tuple[str, str]]:
    child, parent = aliased(ModelRow), aliased(ModelRow)
    query = (
        select(child.name, parent.name)
        .select_from(EdgeRow)
        .join(child, child.number == EdgeRow.child)
        .join(parent, parent.number == EdgeRow.parent)
    )
    async with resources.database.transaction() as session:
        return {(one, two) for one, two in await session.execute(query)}


async def count(resources: Resources, table: type[Any]) -> int:
    async with resources.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def row(child: str, parent: str, **more: Any) -> dict[str, Any]:
    return {"child": child, "parent": parent, **more}


async def test_rows_become_edges_and_models_and_again_change_nothing(resources, bring):
    body = {
        "edges": [
            row(
                "me/soup", "org/a", relation="merge", weight=0.5, layers=[[0, 4]], role="ingredient"
            ),
            row("org/a", "org/base", relation="finetune", made_on="2024-05-01", evidence="x.csv:3"),
            row("me/soup", "org/a", relation="merge", role="base"),
        ],
        "models": [{"name": "org/base", "licence": "mit", "parameters": 7, "domains": ["a", "b"]}],
    }
    first = await bring(**body)
    assert first["edges"] == {
        "added": 3, "known": 0, "strengthened": 0, "weaker": 0, "skipped": 0,
    }  # fmt: skip
    assert first["models"] == {"added": 3, "changed": 0}
    again = await bring(**body)
    assert again["edges"] | {"known": 0} == first["edges"] | {"added": 0}
    assert again["edges"]["known"] == 3
    assert again["models"] == {"added": 0, "changed": 0}
    assert await edges(resources) == {("me/soup", "org/a"), ("org/a", "org/base")}
    async with resources.database.transaction() as session:
        base = (await session.scalars(select(ModelRow).where(ModelRow.name == "org/base"))).one()
        roles = set(await session.scalars(select(EdgeRow.role).order_by(EdgeRow.id)))
        assert await wrong_counters(session) == []
    assert (base.licence, base.parameters, base.domains, base.source) == (
        "mit", 7, ["a", "b"], "edge-list",
    )  # fmt: skip
    assert roles == {"ingredient", "base"}


async def test_each_row_that_is_skipped_or_corrected_is_named_with_the_reason(bring):
    told = await bring(
        edges=[
            row("b", "a", line=2),
            row("c", " B ", line=3),
            row("a", "c", line=4),
            row("a", "A", line=5),
            row("", "a", line=6),
            row("a", "x" * 501, line=7),
            row("a", "tab\tinside"),
            row("a", "None", line=10),
            row(" Your-Model-Here", "a", line=11),
        ],
        models=[{"name": "  ", "line": 9}],
    )
    assert [(each["line"], each["code"]) for each in told["skipped"]] == [
        (4, "cycle"), (5, "self-loop"), (6, "empty-name"), (7, "malformed-name"),
        (7, "malformed-name"), (9, "empty-name"), (10, "empty-name"), (11, "empty-name"),
    ]  # fmt: skip
    assert told["edges"]["skipped"] == 7
    assert all(each["reason"] for each in told["skipped"])
    spaces, case = told["corrected"]
    assert (spaces["line"], spaces["field"], spaces["was"], spaces["now"]) == (
        3,
        "parent",
        " B ",
        "b",
    )
    assert "Case" in spaces["reason"]
    assert (case["line"], case["was"], case["now"]) == (5, "A", "a")


async def test_the_date_of_a_model_is_that_of_its_edges_unless_they_have_their_own(
    resources, bring
):
    await bring(
        edges=[row("me/soup", "a"), row("ME/soup", "b", made_on="2024-02-03"), row("c", "a")],
        models=[{"name": "me/Soup", "made_on": "2024-01-02"}],
    )
    async with resources.database.transaction() as session:
        dates = list(await session.scalars(select(EdgeRow.made_on).order_by(EdgeRow.id)))
    assert dates == [date(2024, 1, 2), date(2024, 2, 3), None]


async def test_a_licence_in_a_usual_spelling_is_corrected_to_its_identifier(resources, bring):
    told = await bring(models=[{"name": "a", "licence": "GPLv3"}, {"name": "b", "licence": "mit"}])
    (corrected,) = told["corrected"]
    assert [corrected[each] for each in ("line", "field", "was", "now")] == [
        1, "licence", "GPLv3", "gpl-3.0",
    ]  # fmt: skip
    async with resources.database.transaction() as session:
        assert set(await session.scalars(select(ModelRow.licence))) == {"gpl-3.0", "mit"}


async def test_a_dry_run_reports_the_same_and_stores_nothing(resources, bring):
    await bring(edges=[row("b", "a")])
    before = [await count(resources, each) for each in (ModelRow, EdgeRow, RefusedEdgeRow)]
    body = {"edges": [row("c", "b"), row("a", "c"), row("b", "A"), row("d", "c")]}
    dry = await bring(**body, dry_run=True)
    assert [await count(resources, each) for each in (ModelRow, EdgeRow, RefusedEdgeRow)] == before
    wet = await bring(**body)
    assert dry.pop("would_add") == ["c", "d"]
    assert dry | {"dry_run": False, "would_add": []} == wet
    assert wet["edges"]["added"] == 2


async def test_a_dry_run_counts_a_model_once_that_has_facts_and_an_edge(bring):
    body = {
        "edges": [row("c", "A"), row("c", "B")],
        "models": [{"name": "a", "licence": "mit"}, {"name": "b"}, {"name": "c"}],
    }
    dry = await bring(**body, dry_run=True)
    wet = await bring(**body)
    assert dry["models"]["added"] == 3
    assert dry | {"dry_run": False, "would_add": []} == wet


async def test_a_stronger_source_is_shown_and_the_weaker_kept(resources, bring, registry):
    registry.merge("soup", Parent(name="base", role="base"))
    await events.consumer(resources).catch_up()
    edge = row("soup", "base", relation="merge", role="base", child_digest="sha256:soup")
    assert (await bring(edges=[edge]))["edges"]["weaker"] == 1
    assert (await bring(source="merge-card", edges=[edge]))["edges"]["weaker"] == 1
    other = row("x", "base", relation="unknown")
    assert (await bring(edges=[other]))["edges"]["added"] == 1
    told = await bring(edges=[other | {"relation": "finetune", "source": "hub-metadata"}])
    assert told["edges"]["strengthened"] == 1
    assert await count(resources, ClaimRow) == 3


async def test_a_more_trusted_source_decides_on_facts_and_others_fill_gaps(resources, bring):
    await bring(source="hub-metadata", models=[{"name": "m", "licence": "mit"}])
    told = await bring(models=[{"name": "m", "licence": "gpl", "architecture": "llama"}])
    assert told["models"] == {"added": 0, "changed": 1}
    async with resources.database.transaction() as session:
        model = (await session.scalars(select(ModelRow))).one()
    assert (model.licence, model.architecture, model.source) == ("mit", "llama", "hub-metadata")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"edges": [row("a", "b", relation="cousin")]}, "relation"),
        ({"edges": [row("a", "b", weight="much")]}, "weight"),
        ({"edges": [row("a", "b", source="registry")]}, "source"),
        ({"source": "manual"}, "source"),
        ({"edges": [row("a", "b", made_on=1700000000)]}, "made_on"),
        ({"edges": [row("a", "b", made_on="9999-12-31")]}, "made_on"),
        ({"models": [{"name": "m", "made_on": "0001-01-01"}]}, "made_on"),
        ({"edges": [row("a", "b", density=1.5)]}, "density"),
        ({"edges": [row("a", "b")] * 10_001}, "edges"),
        ({"models": [{"name": "m", "parameters": -1}]}, "parameters"),
    ],
)
async def test_values_of_a_wrong_kind_are_refused_and_nothing_is_taken_in(
    resources, bring, body, field
):
    problem = await bring(422, **body)
    assert field in str(problem["errors"])
    assert await count(resources, ModelRow) == 0


async def test_whole_numbers_may_have_a_point(resources, bring):
    """JSON has one type of numbers, and so have programs that write it."""
    body = {
        "edges": [row("a", "b", layers=[[0.0, 4.0]], weight=1), row("a", "a", line=7.0)],
        "models": [{"name": "b", "parameters": 7e9}],
    }
    report = await bring(**body)
    assert [each["line"] for each in report["skipped"]] == [7]
    async with resources.database.transaction() as session:
        [edge] = await session.scalars(select(EdgeRow))
        assert (edge.layers, edge.weight) == ([[0, 4]], 1.0)
        b = select(ModelRow.parameters).where(ModelRow.name == "b")
        assert await session.scalar(b) == 7_000_000_000


async def test_only_a_token_with_the_scope_may_import(client, registry):
    registry.tokens["mgh_reader"] = "recipes:read lineage:moderate"
    for headers, status in (
        ({}, 401),
        ({"Authorization": "Bearer mgh_nobody"}, 401),
        ({"Authorization": "Bearer mgh_reader"}, 403),
    ):
        assert (
            await client.post("/v1/graph/imports", json={}, headers=headers)
        ).status_code == status


async def test_a_body_may_have_eight_megabytes(bring, client):
    long = "x" * 900
    told = await bring(edges=[row(f"m{n}", "base", evidence=long) for n in range(5000)])
    assert told["edges"]["added"] == 5000
    answer = await client.post("/v1/graph/imports", content=b" " * (8 << 20) + b"{}")
    assert answer.status_code == 413


async def test_imports_and_events_at_once_leave_a_true_graph(
    resources, bring, registry, monkeypatch
):
    monkeypatch.setattr(service, "CHUNK", 7)
    for number in range(30):
        registry.merge(f"m{number}", Parent(name=f"m{(number * 7 + 3) % 31}"))
    lists = [
        [row(f"m{(number + shift) % 31}", f"m{number}") for number in range(31)]
        for shift in (1, 2, 29)
    ]
    *reports, _ = await asyncio.gather(
        *(bring(edges=each) for each in lists), events.consumer(resources).catch_up()
    )
    assert all(sum(report["edges"].values()) == 31 for report in reports)
    async with resources.database.transaction() as session:
        assert await misordered(session) == []
        assert await wrong_counters(session) == []


@pytest.mark.skipif(REAL_DATA is None, reason="MERGEHUB_REAL_DATA names no folder")
async def test_the_real_edge_list_is_taken_in_whole(resources, bring):
    file = Path(REAL_DATA or "") / "lineage" / "edges.csv"
    with file.open() as lines:
        told = list(csv.DictReader(lines))
    relations = {"base_model": "unknown", "adapted_from": "adapter", "merge": "merge"}
    rows = [
        row(
            each["child"], each["parent"], relation=relations[each["relation"]],
            source=each["source"], line=line,
        )
        for line, each in enumerate(told, 2)
    ]  # fmt: skip
    report = await bring(edges=rows)
    assert sum(report["edges"].values()) == len(told)
    loops = [each for each in told if each["child"].lower() == each["parent"].lower()]
    codes = Counter(each["code"] for each in report["skipped"])
    assert codes["self-loop"] == len(loops)
    wanted = {(each["child"].lower(), each["parent"].lower()) for each in told}
    wanted -= {(each["child"].lower(), each["parent"].lower()) for each in report["skipped"]}
    assert {(child.lower(), parent.lower()) for child, parent in await edges(resources)} == wanted
    again = await bring(edges=rows)
    assert again["edges"]["known"] + again["edges"]["skipped"] == len(told)
