"""The questions about the graph over HTTP: answers, pages, streams, filters and errors."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from contextlib import asynccontextmanager
from datetime import date
from uuid import uuid4

import httpx
import pytest
from lineage_statements import say
from sqlalchemy import insert, select, update

from lineage.app import create_app
from lineage.learning.batch import Batch
from lineage.learning.changes import log
from lineage.learning.service import learn
from lineage.models.models import FlagRow, ModelRow
from lineage.replica import serving
from lineage.replica.following import Follower

LINES = {"Accept": "application/x-ndjson"}


@pytest.fixture
async def family(resources):
    """A merge of two fine-tunes of one base and of another merge, and a quantized copy of it."""
    facts = {
        "base": {"licence": "llama3"},
        "tuned": {"licence": "llama3"},
        "other": {"licence": "mit", "parameters": 8 * 10**9},
        "merged": {"licence": "mit"},
        "copy": {"licence": "cc-by-nc-4.0"},
    }
    told = [
        say("tuned", "base", relation="finetune", role="base", source="model-card"),
        say("other", "base", relation="finetune", role="base", made_on=date(2024, 5, 1)),
        say("older", "other", method="linear", weight=1.0, made_on=date(2024, 5, 2)),
        say("merged", "base", role="base", method="ties"),
        say("merged", "tuned", method="ties", weight=0.5, density=0.25),
        say("merged", "other", method="ties", weight=0.25),
        say("merged", "older", method="ties", weight=0.25),
        say("copy", "merged", relation="quantized", role="base", evidence="https://x.test/copy"),
    ]
    async with resources.database.transaction() as session:
        await learn(session, Batch(told))
        numbers = []
        for name, values in facts.items():
            changed = update(ModelRow).where(ModelRow.name == name).values(values)
            numbers.append(await session.scalar(changed.returning(ModelRow.number)))
        await log(session, [], numbers)
        rows = await session.execute(select(ModelRow.name, ModelRow.id))
        return {row.name: str(row.id) for row in rows}


@pytest.fixture
def ask(client, family):
    """Ask about a model by its name."""

    async def get(name: str, what: str, **query) -> dict:
        answer = await client.get(f"/v1/models/{family[name]}/{what}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def names(answer: dict, key: str = "nodes") -> dict[str, int]:
    return {node["name"]: node["depth"] for node in answer[key]}


async def test_relatives_are_on_two_sides(ask):
    walk = await ask("other", "relatives")
    found = [(node["depth"], node["side"], node["name"]) for node in walk["nodes"]]
    assert found[0] == (0, "ancestors", "other")
    assert sorted(found[1:]) == [
        (1, "ancestors", "base"),
        (1, "descendants", "merged"),
        (1, "descendants", "older"),
        (2, "descendants", "copy"),
    ]
    assert found[1:] == sorted(found[1:], key=lambda each: each[:2])
    assert Counter(edge["relation"] for edge in walk["edges"]) == {
        "finetune": 1,
        "merge": 4,
        "quantized": 1,
    }


async def test_edges_say_what_is_known_of_them(ask, family):
    edges = (await ask("copy", "ancestors"))["edges"]
    [copied] = [edge for edge in edges if edge["relation"] == "quantized"]
    assert copied["evidence"] == "https://x.test/copy"
    assert (copied["weight"], copied["confidence"], copied["source"]) == (None, 100, "registry")
    [tuned] = [edge for edge in edges if edge["parent"] == family["tuned"]]
    assert (tuned["method"], tuned["weight"], tuned["density"]) == ("ties", 0.5, 0.25)
    [made] = [edge for edge in edges if edge["child"] == family["other"]]
    assert made["made_on"] == "2024-05-01"


async def test_filters_keep_edges_of_relations_methods_and_dates(ask):
    assert names(await ask("merged", "ancestors", relation="merge")) == {
        "merged": 0,
        "base": 1,
        "tuned": 1,
        "other": 1,
        "older": 1,
    }
    both = await ask("copy", "ancestors", relation=["quantized", "finetune"])
    assert names(both) == {"copy": 0, "merged": 1}
    assert set(names(await ask("older", "ancestors", method="linear"))) == {"older", "other"}
    assert set(names(await ask("older", "ancestors", method="soup"))) == {"older"}
    assert set(names(await ask("older", "ancestors", since="2024-05-02"))) == {"older", "other"}
    assert set(names(await ask("merged", "ancestors", since="1970-01-01"))) == {"merged"}


async def test_pages_of_a_walk_make_the_whole_walk(client, family, ask):
    whole = await ask("copy", "ancestors")
    url, nodes, edges = f"/v1/models/{family['copy']}/ancestors?limit=2", [], []
    while url:
        page = await client.get(url)
        nodes += page.json()["nodes"]
        edges += page.json()["edges"]
        assert page.json()["truncated"] == (page.json()["next_cursor"] is not None)
        url = page.links.get("next", {}).get("url")
    assert nodes == whole["nodes"]
    key = lambda edge: (edge["child"], edge["parent"], edge["role"])  # noqa: E731
    assert sorted(edges, key=key) == sorted(whole["edges"], key=key)


async def test_a_stream_has_every_node_in_a_line(client, family, ask):
    walk = await ask("copy", "ancestors")
    url = f"/v1/models/{family['copy']}/ancestors"
    answer = await client.get(url, headers=LINES)
    assert answer.headers["content-type"] == LINES["Accept"]
    assert [json.loads(line) for line in answer.text.splitlines()] == walk["nodes"]
    near = await client.get(url, headers=LINES, params={"max_depth": 1})
    assert len(near.text.splitlines()) == 2


async def test_neighbours_have_counts_and_can_be_paged_and_searched(ask):
    children = await ask("base", "children", limit=1)
    assert [item["name"] for item in children["items"]] == ["other"]
    assert (children["total"], children["counts"]) == (3, {"merge": 1, "finetune": 2})
    after = await ask("base", "children", limit=2, cursor=children["next_cursor"])
    assert {item["name"] for item in after["items"]} == {"tuned", "merged"}
    assert after["next_cursor"] is None
    [found] = (await ask("base", "children", q="ERG"))["items"]
    assert (found["name"], found["licence"], found["method"]) == ("merged", "mit", "ties")
    parents = await ask("merged", "parents", relation="merge")
    assert {item["name"]: item["weight"] for item in parents["items"]} == {
        "base": None,
        "tuned": 0.5,
        "other": 0.25,
        "older": 0.25,
    }


async def test_all_shortest_paths_and_their_edges(ask, family):
    paths = await ask("copy", "paths", to=family["base"])
    assert (paths["length"], paths["count"]) == (2, 1)
    assert paths["paths"] == [[family[name] for name in ("copy", "merged", "base")]]
    assert {edge["relation"] for edge in paths["edges"]} == {"quantized", "merge"}
    down = await ask("base", "paths", to=family["copy"])
    assert down["paths"] == [paths["paths"][0][::-1]]
    none = await ask("tuned", "paths", to=family["older"])
    assert (none["length"], none["count"], none["paths"]) == (None, 0, [])
    some = await ask("tuned", "paths", to=family["other"], ways="any", limit=1)
    rest = await ask(
        "tuned", "paths", to=family["other"], ways="any", limit=1, cursor=some["next_cursor"]
    )
    assert some["count"] == 2
    assert {path[1] for path in some["paths"] + rest["paths"]} == {
        family["base"],
        family["merged"],
    }
    assert rest["next_cursor"] is None
    same = await ask("base", "paths", to=family["base"])
    assert (same["length"], same["paths"]) == (0, [[family["base"]]])


async def test_the_nearest_shared_base(client, family):
    models = [family["tuned"], family["older"]]
    answer = (await client.get("/v1/graph/common", params={"model": models})).json()
    assert answer["nearest"] == answer["items"][0]
    assert [(item["name"], item["distances"]) for item in answer["items"]] == [("base", [1, 2])]
    assert [model["name"] for model in answer["models"]] == ["tuned", "older"]
    params = {"model": [family["copy"], family["merged"]], "limit": 2}
    page = (await client.get("/v1/graph/common", params=params)).json()
    assert page["nearest"]["name"] == "merged"
    rest = (
        await client.get("/v1/graph/common", params=params | {"cursor": page["next_cursor"]})
    ).json()
    assert len({item["name"] for item in page["items"] + rest["items"]}) == 4


async def test_shares_of_a_merge_of_merges(ask):
    shares = await ask("merged", "shares")
    assert {item["name"]: item["share"] for item in shares["origins"]} == {"base": 1.0}
    assert {item["name"]: item["share"] for item in shares["through"]} == {
        "tuned": 0.5,
        "other": 0.5,
        "older": 0.25,
    }
    assert "absolute" in shares["rule"]


async def test_a_broken_licence_leads_to_its_source(ask):
    answer = await ask("copy", "licences")
    by_name = {each["broken"]: each for each in answer["conflicts"]}
    assert set(by_name) == {"llama3"}
    conflict = by_name["llama3"]
    assert [each["name"] for each in conflict["path"]] == ["copy", "merged", "base"]
    assert (conflict["by"]["name"], conflict["licence"]) == ("merged", "mit")
    assert (answer["licence"], answer["unknown"]) == ("cc-by-nc-4.0", 1)
    assert {each["licence"] for each in answer["inherited"]} == {"llama3", "mit", "cc-by-nc-4.0"}
    assert answer["exclusions"] == []


async def test_contamination_is_inherited_until_it_is_cleared(resources, ask):
    assert (await ask("copy", "contamination"))["flags"] == []
    async with resources.database.transaction() as session:
        named = select(ModelRow.number).where(ModelRow.name == "other")
        other = (await session.scalars(named)).one()
        flag = {"model": other, "kind": "contaminated", "reason": "Trained on it", "set_by": "m"}
        await session.execute(insert(FlagRow).values(flag))
        await log(session, [], [other])
    [found] = (await ask("copy", "contamination"))["flags"]
    assert [each["name"] for each in found["path"]] == ["copy", "merged", "other"]
    assert found["reason"] == "Trained on it"
    async with resources.database.transaction() as session:
        await session.execute(update(FlagRow).values(cleared_at=FlagRow.set_at, cleared_by="m"))
        await log(session, [], [other])
    assert (await ask("copy", "contamination"))["flags"] == []


async def test_a_ladder_of_merges_is_answered_at_once(resources, client):
    """Sixty layers of three models, each merged from all three below: 3^58 shortest paths."""
    rungs = [[f"{rung}-{side}" for side in "abc"] for rung in range(60)]
    told = [
        say(child, parent)
        for upper, lower in itertools.pairwise(rungs)
        for child, parent in itertools.product(upper, lower)
    ]
    async with resources.database.transaction() as session:
        await learn(session, Batch(told))
        rows = await session.execute(select(ModelRow.name, ModelRow.id))
        ids = {row.name: row.id for row in rows}
    walk = (await client.get(f"/v1/models/{ids['0-a']}/ancestors")).json()
    assert (len(walk["nodes"]), walk["nodes"][-1]["depth"]) == (178, 59)
    assert len(walk["edges"]) == 3 + 58 * 9
    url = f"/v1/models/{ids['0-a']}/paths"
    paths = (await client.get(url, params={"to": str(ids["59-c"]), "limit": 3})).json()
    assert (paths["count"], len(paths["paths"]), paths["length"]) == (2**53 - 1, 3, 59)


async def test_answers_say_how_current_they_are_and_keep_their_tag(client, family, resources):
    url = f"/v1/models/{family['copy']}/ancestors"
    first = await client.get(url)
    again = await client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    async with resources.database.transaction() as session:
        await learn(session, Batch([say("unrelated", "to anything")]))
    later = await client.get(url)
    assert later.json()["as_of"] > first.json()["as_of"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/models/{model}/ancestors?relation=friend", 422, "invalid"),
        ("/v1/models/{model}/ancestors?since=yesterday", 422, "invalid"),
        ("/v1/models/{model}/ancestors?since=0", 422, "invalid"),
        ("/v1/models/{model}/ancestors?limit=2001", 422, "invalid"),
        ("/v1/models/{model}/ancestors?depth=2", 422, "invalid"),
        ("/v1/models/{model}/ancestors?cursor=rubbish", 400, "bad-cursor"),
        ("/v1/models/{model}/children?cursor=rubbish", 400, "bad-cursor"),
        ("/v1/models/{model}/paths", 422, "invalid"),
        ("/v1/models/{model}/paths?to={none}", 404, "model-not-found"),
        ("/v1/graph/common", 422, "invalid"),
        ("/v1/graph/common?model={model}&model={none}", 404, "model-not-found"),
        ("/v1/models/{none}/shares", 404, "model-not-found"),
        ("/v1/models/{none}/licences", 404, "model-not-found"),
    ],
)
async def test_bad_questions_are_problems(client, family, path, status, code):
    answer = await client.get(path.format(model=family["copy"], none=uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@asynccontextmanager
async def fresh(settings):
    """A client of an app that has just started."""
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://lineage") as client,
    ):
        yield client


async def test_a_request_waits_until_the_graph_is_loaded(settings, family):
    async with fresh(settings) as client:
        answer = await client.get(f"/v1/models/{family['copy']}/ancestors")
    assert answer.status_code == 200


async def test_a_request_during_a_long_load_is_sent_away(settings, family, monkeypatch):
    class Broken(Follower):
        @classmethod
        async def load(cls, connection):
            raise ConnectionError

    monkeypatch.setattr("lineage.replica.replica.Follower", Broken)
    monkeypatch.setattr(serving, "PATIENCE_SECONDS", 0.05)
    async with fresh(settings) as client:
        answer = await client.get(f"/v1/models/{family['copy']}/ancestors")
        assert (answer.status_code, answer.json()["code"]) == (503, "graph-loading")
        assert answer.headers["retry-after"] == "2"
        assert (await client.get("/v1/models")).status_code == 200
