"""The map, the exports and the statistics over HTTP, from the tables by way of memory."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from when_used import when_used

from lineage.learning.batch import Batch, Facts
from lineage.learning.service import learn

nx = when_used("networkx")

REAL_DATA = os.environ.get("MERGEHUB_REAL_DATA")
BINARY = "application/vnd.mergehub.graph"
WRITER = {"Authorization": "Bearer mgh_writer"}

NOBODY = UUID(int=1)


@pytest.fixture
def bring(client: httpx.AsyncClient, registry):
    """Import rows."""
    registry.tokens["mgh_writer"] = "lineage:write"

    async def post(**body: Any) -> None:
        answer = await client.post("/v1/graph/imports", json=body, headers=WRITER)
        assert answer.status_code == 200, answer.text

    return post


@pytest.fixture
def get(client: httpx.AsyncClient):
    async def ask(path: str, **query: Any) -> dict[str, Any]:
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    return ask


@pytest.fixture
def ids(get):
    async def find(name: str) -> str:
        [model] = (await get("/v1/models", name=name))["items"]
        return str(model["id"])

    return find


def edge(child: str, parent: str, **more: Any) -> dict[str, Any]:
    return {"child": child, "parent": parent, "relation": "merge"} | more


@pytest.fixture
async def family(bring):
    """A base with fine-tunes, a merge of three models, a merge of that, and another family."""
    await bring(
        edges=[
            *(edge(f"t/{n}", "org/base", relation="finetune") for n in range(8)),
            edge("m/one", "org/base", role="base", method="ties", made_on="2026-10-20"),
            edge("m/one", "t/0", method="ties", weight=0.7, layers=[[0, 4]], made_on="2026-10-20"),
            edge("m/one", "t/1", method="ties", weight=0.3, made_on="2026-10-20"),
            edge("m/two", "m/one", method="linear", weight=0.5, made_on="2026-11-25"),
            edge("m/two", "t/0", method="linear", weight=0.5, made_on="2026-11-25"),
            edge("x/two", "x/one", relation="adapter"),
        ],
        models=[
            {"name": "org/base", "licence": "apache-2.0", "parameters": 7},
            {"name": "m/one", "licence": "mit", "domains": ["coding", "Math", "code"]},
        ],
    )


def named(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The nodes of a map by name, each with its facts."""
    columns = shown["nodes"]
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return {row["name"]: row for row in rows}


def joined(shown: dict[str, Any]) -> set[tuple[str, str]]:
    names, edges = shown["nodes"]["name"], shown["edges"]
    return {(names[c], names[p]) for c, p in zip(edges["child"], edges["parent"], strict=True)}


async def test_a_map_around_a_model_has_ancestors_and_descendants(family, get, ids):
    shown = await get("/v1/graph", focus=await ids("m/one"))
    nodes = named(shown)
    assert {name: node["depth"] for name, node in nodes.items()} == {
        "org/base": -2,
        "t/0": -1,
        "t/1": -1,
        "m/one": 0,
        "m/two": 1,
    }
    assert shown["focus"] == nodes["m/one"]["id"]
    assert (nodes["m/one"]["x"], nodes["m/one"]["y"]) == (0, 0)
    assert nodes["org/base"]["x"] < nodes["t/0"]["x"] < 0 < nodes["m/two"]["x"]
    assert joined(shown) == {
        ("t/0", "org/base"),
        ("t/1", "org/base"),
        ("m/one", "org/base"),
        ("m/one", "t/0"),
        ("m/one", "t/1"),
        ("m/two", "m/one"),
        ("m/two", "t/0"),
    }
    assert not shown["truncated"]


def counts(facets: list[dict[str, Any]]) -> dict[str | None, int]:
    return {each["value"]: each["models"] for each in facets}


async def test_facets_say_what_a_map_can_be_filtered_by(family, get):
    found = await get("/v1/graph/facets")
    assert found["methods"] == [
        {"value": "linear", "models": 1},
        {"value": "ties", "models": 1},
    ]
    assert counts(found["relations"]) == {"finetune": 8, "merge": 2, "adapter": 1}
    assert counts(found["licences"]) == {None: 11, "apache-2.0": 1, "mit": 1}
    assert counts(found["domains"]) == {"code": 1, "maths": 1}
    assert counts(found["kinds"]) == {"finetune": 8, "original": 2, "merge": 2, "adapter": 1}
    assert found["made_on"] == {"first": "2026-10-20", "last": "2026-11-25", "unknown": 9}
    assert found["more"] == {"methods": 0, "licences": 0, "domains": 0}
    by_ties = await get("/v1/graph/facets", method="ties")
    assert by_ties["methods"] == found["methods"]
    assert counts(by_ties["licences"]) == {None: 2, "apache-2.0": 1, "mit": 1}
    under_mit = await get("/v1/graph/facets", licence=["mit", "unknown"], domain="programming")
    assert counts(under_mit["methods"]) == {"ties": 1}
    assert counts(under_mit["kinds"]) == {"merge": 1}


async def test_licences_count_and_filter_by_their_identifiers(family, get, resources):
    stored = Facts("m/two", "hub-metadata", 70, licence="Apache 2.0")  # as an earlier import did
    async with resources.database.transaction() as session:
        await learn(session, Batch(facts=[stored]))
    found = await get("/v1/graph/facets")
    assert counts(found["licences"]) == {None: 10, "apache-2.0": 2, "mit": 1}
    shown = await get("/v1/graph", licence="Apache-2.0")
    assert set(named(shown)) == {"org/base", "m/two"}


async def test_facets_follow_the_graph(family, get, bring):
    before = await get("/v1/graph/facets")
    await bring(edges=[edge("m/three", "m/two", method="slerp")])
    after = await get("/v1/graph/facets")
    assert counts(after["methods"]) == {"linear": 1, "slerp": 1, "ties": 1}
    assert after["as_of"] > before["as_of"]


async def test_a_map_says_what_each_model_is(family, get, ids):
    shown = await get("/v1/graph", focus=await ids("m/one"))
    nodes = named(shown)
    told = {
        name: (
            shown["kinds"][node["kind"]],
            shown["families"][node["family"]],
            shown["licences"][node["licence"]],
            node["children"],
            node["parents"],
        )
        for name, node in nodes.items()
    }
    assert told["org/base"] == ("original", "org/base", "apache-2.0", 9, 0)
    assert told["t/0"] == ("finetune", "org/base", None, 2, 1)
    assert told["m/one"] == ("merge", "org/base", "mit", 1, 3)
    assert nodes["org/base"]["importance"] > nodes["t/0"]["importance"] > 0
    assert nodes["m/two"]["importance"] == 0


async def test_edges_of_a_map_have_relation_method_and_weight(family, get, ids):
    shown = await get("/v1/graph", focus=await ids("m/one"), direction="ancestors", depth=1)
    names, edges = shown["nodes"]["name"], shown["edges"]
    told = {
        (names[parent], shown["relations"][relation], shown["methods"][method], weight)
        for child, parent, relation, method, weight in zip(*edges.values(), strict=True)
        if names[child] == "m/one"
    }
    assert told == {
        ("org/base", "merge", "ties", None),
        ("t/0", "merge", "ties", 0.7),
        ("t/1", "merge", "ties", 0.3),
    }


async def test_siblings_beyond_collapse_are_folded_by_relation(family, get, ids):
    focus = await ids("org/base")
    shown = await get("/v1/graph", focus=focus, depth=1, collapse=3)
    assert set(named(shown)) == {"org/base", "t/0", "t/1", "t/2", "m/one"}
    [folded] = shown["clusters"]
    place = shown["nodes"]["name"].index("org/base")
    assert (folded["parent"], shown["relations"][folded["relation"]]) == (place, "finetune")
    assert folded["count"] == 5
    assert folded["x"] > 0
    whole = await get("/v1/graph", focus=focus, depth=1, collapse=0)
    assert len(named(whole)) == 10
    assert whole["clusters"] == []


async def test_a_cut_map_has_the_nearest_and_most_used_models(family, get, ids):
    shown = await get("/v1/graph", focus=await ids("org/base"), limit=4, collapse=0)
    assert set(named(shown)) == {"org/base", "t/0", "t/1", "m/one"}
    assert shown["truncated"]
    assert sum(cluster["count"] for cluster in shown["clusters"]) >= 6


async def test_a_map_of_all_begins_with_the_most_used_models(family, get):
    shown = await get("/v1/graph", limit=3)
    assert shown["nodes"]["name"][:2] == ["org/base", "t/0"]
    assert shown["nodes"]["children"] == [9, 2, 1]
    assert (shown["focus"], shown["truncated"]) == (None, True)
    whole = await get("/v1/graph")
    assert len(named(whole)) == 13
    assert not whole["truncated"]
    assert {whole["families"][place] for place in whole["nodes"]["family"]} == {
        "org/base",
        "x/one",
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"relation": "adapter"}, {"x/one", "x/two"}),
        ({"method": "linear"}, {"m/one", "m/two", "t/0"}),
        ({"since": "2026-11-01", "relation": "merge"}, {"m/one", "m/two", "t/0"}),
        ({"licence": ["mit", "apache-2.0"]}, {"m/one", "org/base"}),
        ({"domain": "code"}, {"m/one"}),
        ({"kind": "adapter"}, {"x/two"}),
        ({"kind": ["adapter", "merge"], "licence": "mit"}, {"m/one"}),
        ({"domain": "cooking"}, set()),
        ({"method": "never used"}, set()),
    ],
)
async def test_a_map_of_all_can_be_filtered(family, get, query, expected):
    assert set(named(await get("/v1/graph", **query))) == expected


async def test_a_walk_does_not_pass_through_what_is_filtered_out(family, get, ids):
    focus = await ids("m/two")
    shown = await get("/v1/graph", focus=focus, licence="unknown", depth=9)
    assert set(named(shown)) == {"m/two", "t/0"}


async def test_the_same_map_comes_again_and_lies_where_it_lay(family, get, bring, ids):
    first = await get("/v1/graph", focus=await ids("m/one"))
    again = await get("/v1/graph", focus=await ids("m/one"))
    assert first | {"as_of": 0} == again | {"as_of": 0}
    await bring(edges=[edge("m/three", "m/one", made_on="2026-11-26")])
    grown = named(await get("/v1/graph", focus=await ids("m/one")))
    old = named(first)
    assert all(grown[name]["x"] == old[name]["x"] for name in old)
    assert all(abs(grown[name]["y"] - old[name]["y"]) <= 1 for name in old)
    assert grown["m/two"]["y"] < grown["m/three"]["y"]  # the new one comes last


def decoded(body: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read the binary form as its description says."""
    assert body[:8] == b"MHGRAPH1"
    length = int.from_bytes(body[8:12], "little")
    header = json.loads(body[12 : 12 + length])
    types = {"float32": "<f4", "uint32": "<u4", "int32": "<i4", "uint8": "u1"}
    arrays = {}
    for name, array in header["arrays"].items():
        begin = 12 + length + array["at"]
        assert begin % 4 == 0
        arrays[name] = np.frombuffer(body, types[array["type"]], array["count"], begin)
    return header, arrays


@pytest.mark.parametrize("focused", [True, False])
async def test_the_binary_form_says_the_same_as_json(family, client, get, ids, focused):
    query = {"focus": await ids("org/base"), "collapse": 3} if focused else {}
    shown = await get("/v1/graph", **query)
    answer = await client.get("/v1/graph", params=query, headers={"Accept": BINARY})
    assert answer.headers["content-type"] == BINARY
    header, arrays = decoded(answer.content)
    assert header["names"] == shown["nodes"]["name"]
    for field in ("focus", "truncated", "kinds", "licences", "relations", "methods"):
        assert header[field] == shown[field]
    for field in ("x", "y", "size"):
        np.testing.assert_allclose(arrays[field], shown["nodes"][field], atol=0.006)
    for field in ("kind", "flagged", "licence", "children", "parents", "depth"):
        assert arrays[field].tolist() == shown["nodes"][field]
    assert [header["families"][group] for group in arrays["group"]] == [
        shown["families"][place] for place in shown["nodes"]["family"]
    ]
    assert [str(UUID(bytes=bytes(each))) for each in arrays["id"].reshape(-1, 16)] == shown[
        "nodes"
    ]["id"]
    pairs = arrays["pairs"].reshape(-1, 2)
    assert (pairs[:, 0].tolist(), pairs[:, 1].tolist()) == (
        shown["edges"]["child"],
        shown["edges"]["parent"],
    )
    assert arrays["method"].tolist() == shown["edges"]["method"]
    np.testing.assert_allclose(arrays["importance"], shown["nodes"]["importance"], atol=0.0001)
    weights = [np.nan if each is None else each for each in shown["edges"]["weight"]]
    np.testing.assert_allclose(arrays["weight"], weights, atol=0.0001)
    assert arrays["cluster_count"].tolist() == [each["count"] for each in shown["clusters"]]


async def test_statistics_say_what_is_used_most(family, get):
    bases = (await get("/v1/graph/popular"))["items"]
    assert [(each["name"], each["count"], each["licence"]) for each in bases] == [
        ("org/base", 1, "apache-2.0")
    ]
    used = (await get("/v1/graph/popular", role="ingredient"))["items"]
    assert {each["name"]: each["count"] for each in used} == {"t/0": 2, "t/1": 1, "m/one": 1}
    assert used[0]["name"] == "t/0"
    of_linear = (await get("/v1/graph/popular", role="ingredient", method="linear"))["items"]
    assert {each["name"] for each in of_linear} == {"t/0", "m/one"}
    of_either = (await get("/v1/graph/popular", role="any"))["items"]
    assert {each["name"]: each["count"] for each in of_either} == {
        "org/base": 1,
        "t/0": 2,
        "t/1": 1,
        "m/one": 1,
    }
    for_code = (await get("/v1/graph/popular", role="ingredient", domain="code"))["items"]
    assert {each["name"] for each in for_code} == {"t/0", "t/1"}


async def test_statistics_on_a_base_and_in_a_time(family, get, ids):
    base = await ids("org/base")
    used = (await get("/v1/graph/popular", role="ingredient", base=base))["items"]
    assert {each["name"]: each["count"] for each in used} == {"t/0": 1, "t/1": 1}
    late = (await get("/v1/graph/popular", role="ingredient", since="2026-11-01"))["items"]
    assert {each["name"]: each["count"] for each in late} == {"t/0": 1, "m/one": 1}
    early = (await get("/v1/graph/popular", role="ingredient", until="2026-11-01"))["items"]
    assert {each["name"]: each["count"] for each in early} == {"t/0": 1, "t/1": 1}


async def test_merges_are_counted_by_method_and_month(family, get):
    counted = await get("/v1/graph/statistics/methods")
    assert counted["items"] == [
        {"month": "2026-10", "method": "ties", "count": 1},
        {"month": "2026-11", "method": "linear", "count": 1},
    ]


async def test_what_has_no_date_is_in_no_month_no_rise_and_no_span(family, get, bring, ids):
    await bring(edges=[edge("m/old", each, method="slerp") for each in ("t/0", "t/1")])
    months = (await get("/v1/graph/statistics/methods"))["items"]
    assert {"month": None, "method": "slerp", "count": 1} in months
    assert {each["method"] for each in months if each["month"]} == {"ties", "linear"}
    rising = (await get("/v1/graph/statistics/risers", days=3660))["items"]
    assert {each["name"]: each["recent"] for each in rising}["t/1"] == 1
    for days in ({"since": "1970-01-01"}, {"until": "2100-01-01"}):
        used = (await get("/v1/graph/popular", role="ingredient", **days))["items"]
        assert {each["name"]: each["count"] for each in used}["t/1"] == 1
    assert "m/old" not in named(await get("/v1/graph", since="1970-01-01"))
    parents = await get(f"/v1/models/{await ids('m/old')}/parents")
    assert {each["made_on"] for each in parents["items"]} == {None}
    walk = await get(f"/v1/models/{await ids('m/old')}/ancestors", max_depth=1)
    assert {each["made_on"] for each in walk["edges"]} == {None}


async def test_risers_and_pairs(family, get, bring):
    rising = await get("/v1/graph/statistics/risers", until="2026-11-29", days=30)
    assert [(each["name"], each["recent"], each["before"]) for each in rising["items"]] == [
        ("m/one", 1, 0)
    ]
    pairs = (await get("/v1/graph/statistics/pairs"))["items"]
    told = {(frozenset((each["one_name"], each["other_name"])), each["count"]) for each in pairs}
    assert told == {(frozenset(("t/0", "t/1")), 1), (frozenset(("t/0", "m/one")), 1)}
    await bring(edges=[edge("m/late", "t/1"), edge("m/late", "t/0")])
    [first, *_] = (await get("/v1/graph/statistics/pairs"))["items"]
    assert ({first["one_name"], first["other_name"]}, first["count"]) == ({"t/0", "t/1"}, 2)


async def test_an_export_has_what_the_tables_know(family, client):
    answer = await client.get("/v1/graph/export", params={"format": "csv"})
    assert 'filename="lineage.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == 14
    [row] = [row for row in rows if (row["child"], row["parent"]) == ("m/one", "t/0")]
    assert (row["weight"], json.loads(row["layers"]), row["made_on"]) == (
        "0.7",
        [[0, 4]],
        "2026-10-20",
    )


async def test_an_export_around_a_model_has_all_its_relatives(family, client, ids):
    query = {"format": "graphml", "focus": await ids("m/one")}
    answer = await client.get("/v1/graph/export", params=query)
    graph = nx.read_graphml(io.BytesIO(answer.content))
    names = nx.get_node_attributes(graph, "name")
    assert set(names.values()) == {"m/one", "m/two", "t/0", "t/1", "org/base"}
    kinds = nx.get_node_attributes(graph, "kind")
    assert {names[id]: kind for id, kind in kinds.items()}["t/0"] == "finetune"


async def test_an_export_can_be_imported_and_adds_nothing(family, client):
    """It states the role of each parent, which counts as saying more, once."""
    text = (await client.get("/v1/graph/export", params={"format": "jsonl"})).text
    rows = [json.loads(line) for line in text.splitlines()]
    known = ("child", "parent", "relation", "role", "method", "weight", "layers", "made_on")
    edges = [{k: row[k] for k in known if k in row} for row in rows if "child" in row]
    facts = ("name", "licence", "parameters", "domains")
    models = [{k: row[k] for k in facts if k in row} for row in rows if "name" in row]
    body = {"edges": edges, "models": models}
    nothing = {"added": 0, "known": 0, "strengthened": 0, "weaker": 0, "skipped": 0}
    for more in ({"known": 0, "weaker": 0, "strengthened": 0}, {"known": 0}):
        report = (await client.post("/v1/graph/imports", json=body, headers=WRITER)).json()
        assert report["edges"] | more == nothing
        assert report["models"] == {"added": 0, "changed": 0}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/v1/graph?focus={NOBODY}", 404, "model-not-found"),
        ("/v1/graph?limit=50001", 422, "invalid"),
        ("/v1/graph?layout=circle", 422, "invalid"),
        ("/v1/graph?colour=red", 422, "invalid"),
        ("/v1/graph/export", 422, "invalid"),
        ("/v1/graph/export?format=docx", 422, "invalid"),
        (f"/v1/graph/popular?base={NOBODY}", 404, "model-not-found"),
        ("/v1/graph/statistics/risers?days=0", 422, "invalid"),
    ],
)
async def test_bad_questions_are_problems(client, path, status, code):
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_maps_and_statistics_of_nothing_are_empty(get):
    shown = await get("/v1/graph")
    assert shown["nodes"]["id"] == []
    assert (await get("/v1/graph/popular"))["items"] == []
    for name in ("methods", "risers", "pairs"):
        assert (await get(f"/v1/graph/statistics/{name}"))["items"] == []


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31"])
async def test_any_day_can_be_compared_with(bring, get, client, day):
    await bring(edges=[edge("me/soup", "me/base", made_on="2024-05-01")])
    model = (await get("/v1/models", name="me/soup"))["items"][0]["id"]
    early = day < "1970"
    assert len((await get("/v1/graph", since=day))["edges"]["child"]) == early
    walked = await get(f"/v1/models/{model}/ancestors", since=day)
    assert len(walked["edges"]) == early
    counted = await get("/v1/graph/popular", since=day, role="any")
    assert len(counted["items"]) == early
    counted = await get("/v1/graph/popular", until=day, role="any")
    assert len(counted["items"]) == (not early)
    assert (await client.get("/v1/graph/statistics/risers", params={"until": day})).is_success
    assert (await client.get("/v1/graph/facets", params={"since": day})).is_success


@pytest.mark.skipif(REAL_DATA is None, reason="MERGEHUB_REAL_DATA names no folder of real edges")
async def test_the_real_edges_are_shown_counted_and_exported_whole(bring, get, client):
    text = (Path(REAL_DATA or "") / "lineage/edges.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    relations = {"merge": "merge", "base_model": "unknown", "adapted_from": "unknown"}
    await bring(
        edges=[
            edge(row["child"], row["parent"], relation=relations[row["relation"]]) for row in rows
        ]
    )
    shown = await get("/v1/graph", limit=50_000)
    x, y, size = (np.array(shown["nodes"][field]) for field in ("x", "y", "size"))
    apart = np.hypot(x[:, None] - x, y[:, None] - y) - size[:, None] - size
    np.fill_diagonal(apart, 1)
    assert apart.min() > 0.2
    pairs = {(row["child"].lower(), row["parent"].lower()) for row in rows}
    pairs = {
        (child, parent)
        for child, parent in pairs
        if child != parent and not parent.endswith("/.cache")  # a folder, which is no name
    }
    assert {(c.lower(), p.lower()) for c, p in joined(shown)} == pairs
    merges = defaultdict(set)
    for row in rows:
        if row["relation"] == "merge" and row["child"].lower() != row["parent"].lower():
            merges[row["child"].lower()].add(row["parent"].lower())
    uses = Counter(parent for parents in merges.values() for parent in parents)
    popular = (await get("/v1/graph/popular", role="ingredient", limit=200))["items"]
    assert {each["name"].lower(): each["count"] for each in popular} == dict(uses)
    together = Counter(p for each in merges.values() for p in combinations(sorted(each), 2))
    [first, *_] = (await get("/v1/graph/statistics/pairs"))["items"]
    assert first["count"] == max(together.values())
    dot = (await client.get("/v1/graph/export", params={"format": "dot"})).text
    assert dot.count(" -> ") == len(pairs)
