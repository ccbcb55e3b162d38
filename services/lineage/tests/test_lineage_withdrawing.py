"""A moderator withdraws an edge that is not true: no answer has it, whoever says it again."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from random import Random
from typing import Any

import httpx
import numpy as np
import pytest
from lineage_statements import say
from loaded_graph import driver, loaded
from sqlalchemy import func, select

from lineage import events
from lineage.edges.models import EdgeRow, RefusedClaimRow, RefusedEdgeRow, WithdrawalRow
from lineage.learning.batch import Batch, Statement
from lineage.learning.service import learn
from lineage.memory.arrays import Numbers
from lineage.memory.graph import Graph
from lineage.models.models import ModelRow
from lineage.moderation import withdrawing
from lineage.moderation.errors import AlreadyWithdrawn, ClosesCycle, WithdrawalNotFound
from lineage.moderation.schemas import WithdrawalCreate
from lineage.recount import misordered, wrong_counters
from lineage.statistics.current import ALL_MERGES, AS_BASE, AS_INGREDIENT, CurrentStatistics
from mergehub.contracts.kinds.merge import Parent
from mergehub.kit.background.resources import Resources
from mergehub.kit.identity.tokens import Principal

WHY = {"reason": "The card names the wrong base.", "evidence": "https://example.org/3"}


async def tell(resources: Resources, *told: Statement) -> list[str]:
    async with resources.database.transaction() as session:
        return [each.value for each in (await learn(session, Batch(told))).outcomes]


@pytest.fixture
def ask(client: httpx.AsyncClient, registry):
    """Send a request as a moderator; return the answer."""
    registry.tokens["mgh_both"] = "lineage:write lineage:moderate"

    async def send(method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": "Bearer mgh_both"}
        return await client.request(method, path, json=body or None, headers=headers)

    return send


@pytest.fixture
def model(client: httpx.AsyncClient):
    """A model with all that is known of it, by its name."""

    async def find(name: str) -> dict[str, Any]:
        (found,) = (await client.get("/v1/models", params={"name": name})).json()["items"]
        return dict((await client.get(f"/v1/models/{found['id']}")).json())

    return find


@pytest.fixture
def path_of(ancestry, model):
    """The path of the withdrawal of the only edge between two models."""

    async def find(child: str, parent: str) -> str:
        id, above = (await model(child))["id"], (await model(parent))["id"]
        edges = (await ancestry(child))["edges"]
        (edge,) = [each["id"] for each in edges if (each["child"], each["parent"]) == (id, above)]
        return f"/v1/models/{id}/edges/{edge}/withdrawal"

    return find


async def names(ancestry, name: str) -> set[str]:
    return {node["name"] for node in (await ancestry(name))["nodes"]} - {name}


async def test_a_withdrawn_edge_is_in_no_answer_until_it_is_restored(
    resources, client, ask, model, path_of, ancestry
):
    await tell(resources, say("soup", "base", role="base", weight=0.5), say("soup", "other"))

    async def answers() -> dict[str, Any]:
        base = await model("base")
        at = f"/v1/models/{base['id']}"
        used = (await client.get("/v1/graph/popular")).json()["items"]
        export = (await client.get("/v1/graph/export", params={"format": "csv"})).text
        whole = (await client.get("/v1/graph")).json()
        return {
            "ancestors": await names(ancestry, "soup"),
            "descendants": len((await client.get(f"{at}/descendants")).json()["nodes"]),
            "children": (await client.get(f"{at}/children")).json()["total"],
            "counters": [base[f"{each}_count"] for each in ("children", "base", "ingredient")],
            "used": [each["name"] for each in used],
            "exported": "soup,base" in export,
            "drawn": len(whole["edges"]["child"]),
            "kind": (await model("soup"))["kind"],
        }

    before = await answers()
    assert (before["ancestors"], before["drawn"]) == ({"base", "other"}, 2)
    path = await path_of("soup", "base")
    made = await ask("POST", path, **WHY)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in ("reason", "evidence", "withdrawn_by")} == {
        **WHY, "withdrawn_by": "ann",
    }  # fmt: skip
    assert await answers() == {
        "ancestors": {"other"},
        "descendants": 1,
        "children": 0,
        "counters": [0, 0, 0],
        "used": [],
        "exported": False,
        "drawn": 1,
        "kind": "merge",
    }
    (gone,) = (await model("soup"))["withdrawn_parents"]
    assert (gone["name"], gone["weight"], gone["reason"]) == ("base", 0.5, WHY["reason"])

    assert (await ask("DELETE", path)).status_code == 204
    assert await answers() == before
    assert (await model("soup"))["withdrawn_parents"] == []
    async with resources.database.transaction() as session:
        (row,) = (await session.scalars(select(WithdrawalRow))).all()
    assert (row.withdrawn_by, row.restored_by) == ("ann", "ann")


async def test_sources_that_say_it_again_do_not_bring_it_back(resources, ask, path_of, ancestry):
    await tell(resources, say("soup", "base", role="base", source="merge-card"))
    path = await path_of("soup", "base")
    await ask("POST", path, **WHY)
    for again in (
        say("soup", "base", role="base", source="merge-card"),
        say("soup", "base", role="base", source="merge-card", weight=0.5),
        say("soup", "base", role=None, source="edge-list"),
        say("soup", "base", role="base"),
    ):
        assert await tell(resources, again) == ["withdrawn"]
    assert await names(ancestry, "soup") == set()
    async with resources.database.transaction() as session:
        assert await wrong_counters(session) == []
    await ask("DELETE", path)
    (edge,) = (await ancestry("soup"))["edges"]
    assert edge["source"] == "registry"  # what was said meanwhile counts


async def test_a_replay_of_the_events_does_not_bring_it_back(
    resources, registry, ask, path_of, ancestry
):
    registry.merge("soup", Parent(name="base", role="base"), Parent(name="other"))
    await events.consumer(resources).catch_up()
    await ask("POST", await path_of("soup", "base"), **WHY)
    async with resources.database.transaction() as session:
        await events.apply_together(session, registry.events)
    assert await names(ancestry, "soup") == {"other"}


async def test_an_import_reports_the_rows_about_withdrawn_edges(resources, ask, path_of):
    await tell(resources, say("soup", "base", role="base", source="edge-list"))
    await ask("POST", await path_of("soup", "base"), **WHY)
    edges = [
        {"child": "soup", "parent": "base", "line": 7},
        {"child": "soup", "parent": "other", "line": 8},
    ]
    for dry in (True, False):
        body = {"edges": edges, "dry_run": dry}
        report = (await ask("POST", "/v1/graph/imports", **body)).json()
        (skipped,) = report["skipped"]
        assert (skipped["line"], skipped["code"]) == (7, "withdrawn")
        assert (report["edges"]["added"], report["edges"]["skipped"]) == (1, 1)


async def test_another_statement_about_the_same_models_is_another_edge(
    resources, ask, path_of, ancestry
):
    await tell(resources, say("soup", "base", role="base", source="merge-card"))
    await ask("POST", await path_of("soup", "base"), **WHY)
    assert await tell(resources, say("soup", "base", role="ingredient")) == ["added"]
    (edge,) = (await ancestry("soup"))["edges"]
    assert edge["role"] == "ingredient"


class TestCycles:
    async def test_a_stronger_edge_that_a_weak_one_kept_out_is_learned_as_it_was_said(
        self, resources, ask, model, path_of, ancestry
    ):
        await tell(resources, say("old", "middle", source="edge-list"), say("middle", "new"))
        strong = say(
            "new", "old", digests=("sha256:n", "sha256:o"), weight=0.25, layers=((0, 4),),
            evidence="card:3", method="ties",
        )  # fmt: skip
        weak = say("new", "old", source="model-card", relation="unknown", role=None)
        assert await tell(resources, strong, weak) == ["refused", "refused"]
        made = (await ask("POST", await path_of("old", "middle"), **WHY)).json()
        assert {(each["child_name"], each["parent_name"]) for each in made["learned"]} == {
            ("new", "old")
        }
        assert await names(ancestry, "middle") == {"new", "old"}
        detail = await model("new")
        assert detail["refused_parents"] == []
        edges = {each["source"]: each for each in (await ancestry("new"))["edges"]}
        shown = edges["registry"]
        assert (shown["weight"], shown["layers"], shown["method"]) == (0.25, [[0, 4]], "ties")
        assert (shown["child_digest"], shown["evidence"]) == ("sha256:n", "card:3")
        async with resources.database.transaction() as session:
            assert await session.scalar(select(func.count()).select_from(RefusedClaimRow)) == 0
            assert await misordered(session) == []
            assert await wrong_counters(session) == []

    async def test_of_several_that_exclude_each_other_the_most_trusted_is_learned(
        self, resources, ask, path_of, ancestry
    ):
        await tell(resources, say("a", "b", source="edge-list"), say("b", "c", source="edge-list"))
        await tell(resources, say("c", "a", source="edge-list"), say("b", "a"))
        await ask("POST", await path_of("a", "b"), **WHY)
        assert await names(ancestry, "b") == {"a", "c"}
        assert await names(ancestry, "a") == set()

    async def test_what_still_closes_a_cycle_stays_refused(self, resources, ask, model, path_of):
        await tell(resources, say("a", "b"), say("c", "a"), say("a", "x"), say("x", "b"))
        assert await tell(resources, say("b", "a")) == ["refused"]
        made = await ask("POST", await path_of("a", "b"), **WHY)
        assert made.json()["learned"] == []
        assert [each["name"] for each in (await model("b"))["refused_parents"]] == ["a"]

    async def test_an_edge_is_not_restored_into_a_cycle(self, resources, ask, path_of, ancestry):
        await tell(resources, say("a", "b"))
        path = await path_of("a", "b")
        await ask("POST", path, **WHY)
        assert await tell(resources, say("a", "b"), say("b", "a")) == ["withdrawn", "added"]
        back = await ask("DELETE", path)
        assert (back.status_code, back.json()["code"]) == (409, "edge-closes-cycle")
        await ask("POST", await path_of("b", "a"), **WHY)
        assert (await ask("DELETE", path)).status_code == 204
        assert await names(ancestry, "a") == {"b"}


class TestProblems:
    async def test_a_withdrawn_edge_is_not_withdrawn_again(self, resources, ask, path_of):
        await tell(resources, say("soup", "base"))
        path = await path_of("soup", "base")
        assert (await ask("DELETE", path)).json()["code"] == "withdrawal-not-found"
        await ask("POST", path, **WHY)
        again = await ask("POST", path, **WHY)
        assert (again.status_code, again.json()["code"]) == (409, "already-withdrawn")

    async def test_an_edge_is_named_with_its_child(self, resources, ask, model, path_of):
        await tell(resources, say("soup", "base"))
        path = await path_of("soup", "base")
        base = path.replace((await model("soup"))["id"], (await model("base"))["id"])
        answer = await ask("POST", base, **WHY)
        assert (answer.status_code, answer.json()["code"]) == (404, "edge-not-found")

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x", "why": "y"}])
    async def test_a_reason_is_needed(self, resources, ask, path_of, body):
        await tell(resources, say("soup", "base"))
        path = await path_of("soup", "base")
        answer = await ask("POST", path, **(body or {"evidence": "none"}))
        assert answer.status_code == 422

    async def test_only_a_moderator_may(self, resources, client, registry, path_of):
        await tell(resources, say("soup", "base"))
        path = await path_of("soup", "base")
        registry.tokens["mgh_only-writes"] = "lineage:write"
        headers = {"Authorization": "Bearer mgh_only-writes"}
        assert (await client.post(path, json=WHY, headers=headers)).status_code == 403
        assert (await client.delete(path)).status_code == 401


def seen(graph: Graph) -> set[tuple[Any, ...]]:
    """What a graph in memory shows of its edges, asked model by model in both directions.

    Numbers that earlier tests gave to models have none, which is asked of all of them at once.
    """
    edges, found = graph.edges, []
    ends = {*edges.child.tolist(), *edges.parent.tolist()}
    others = np.array(sorted({*range(graph.size)} - ends), np.int32)
    for direction in ("ancestors", "descendants"):
        shown = set()
        assert not len(graph.expand(others, direction))
        assert not graph.degrees(others, direction).any()
        for number in ends:
            there = graph.expand(number_of(number), direction)
            assert graph.degrees(number_of(number), direction).tolist() == [len(there)]
            shown |= {
                (int(edges.id[e]), int(edges.child[e]), int(edges.parent[e]), int(edges.role[e]))
                for e in there
            }
        found.append(shown)
    assert found[0] == found[1]
    pairs = {(child, parent) for _, child, parent, _ in found[0]}
    counts = Counter(parent for _, parent in pairs)
    assert graph.models.children_count.tolist() == [counts[each] for each in range(graph.size)]
    there = [e for number in ends for e in graph.expand(number_of(number), "ancestors")]
    firsts = [(int(edges.child[e]), int(edges.parent[e])) for e in there if edges.first[e]]
    assert sorted(firsts) == sorted(pairs)
    return found[0]


def number_of(number: int) -> Numbers:
    return np.array([number], np.int32)


def counted(statistics: CurrentStatistics, graph: Graph) -> list[Any]:
    return [
        *(statistics.uses.get(each).largest(graph, 50) for each in (AS_BASE, AS_INGREDIENT)),
        statistics.pairs.get(AS_INGREDIENT).largest(graph, 50),
        statistics.months.get(ALL_MERGES).counts(graph),
    ]


MODERATOR = Principal(name="ann", scopes=frozenset({"lineage:moderate"}))


@pytest.mark.parametrize("seed", range(6))
async def test_in_any_sequence_of_statements_and_withdrawals_all_places_agree(resources, seed):
    """Tables, counters, ranks, statistics, a graph that follows and one that is loaded anew."""
    random = Random(seed)
    names = [f"m{number}" for number in range(7)]
    said: list[Statement] = []
    statistics = CurrentStatistics()
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        for _ in range(14):
            batch = [
                say(
                    *random.choices(names, k=2),
                    role=random.choice(["base", "ingredient", None]),
                    source=random.choice(["registry", "edge-list"]),
                )
                for _ in range(random.randint(1, 5))
            ]
            said += batch
            await tell(resources, *batch)
            await toggled(resources, random)
            await follower.follow(connection)
            await agree(resources, follower.graph)
            anew = await loaded(resources, connection)
            assert seen(anew.graph) == seen(follower.graph)
            assert counted(statistics, follower.graph) == counted(CurrentStatistics(), anew.graph)
    async with resources.database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(WithdrawalRow))


async def test_writers_and_moderators_at_once_leave_a_true_graph(resources):
    random = Random(3)
    names = [f"m{number}" for number in range(8)]
    batches = [
        [say(*random.choices(names, k=2), role=random.choice(["base", None])) for _ in range(4)]
        for _ in range(24)
    ]
    busy = asyncio.Semaphore(6)  # connections

    async def write(batch: list[Statement]) -> None:
        async with busy:
            await tell(resources, *batch)

    async def moderate() -> None:
        async with busy:
            await toggled(resources, random)

    async with asyncio.timeout(60), driver(resources) as connection:
        turns = [each for batch in batches for each in (write(batch), moderate())]
        await asyncio.gather(*turns)
        await agree(resources, (await loaded(resources, connection)).graph)


async def toggled(resources: Resources, random: Random) -> None:
    """Withdraw an edge, or restore one."""
    async with resources.database.transaction() as session:
        query = select(EdgeRow.id, EdgeRow.withdrawal, ModelRow.id.label("child")).join(
            ModelRow, ModelRow.number == EdgeRow.child
        )
        edges = (await session.execute(query.order_by(EdgeRow.id))).all()
    if not edges:
        return
    edge = random.choice(edges)
    async with resources.database.transaction() as session:
        try:
            if edge.withdrawal is None:
                body = WithdrawalCreate(reason="not true")
                await withdrawing.withdraw(session, edge.child, edge.id, body, MODERATOR)
            else:
                await withdrawing.restore(session, edge.child, edge.id, MODERATOR)
        except (ClosesCycle, AlreadyWithdrawn, WithdrawalNotFound):  # another may be faster
            await session.rollback()


async def agree(resources: Resources, graph: Graph) -> None:
    """Compare a graph in memory with the tables, and the tables with a search by hand."""
    async with resources.database.transaction() as session:
        present = select(EdgeRow).where(EdgeRow.withdrawal.is_(None))
        rows = (await session.scalars(present)).all()
        assert {row.id for row in rows} == {id for id, *_ in seen(graph)}
        assert await wrong_counters(session) == []
        assert await misordered(session) == []
        refused = (await session.scalars(select(RefusedEdgeRow))).all()
    above = defaultdict(set)
    for row in rows:
        above[row.child].add(row.parent)
    for each in refused:
        assert each.child == each.parent or each.child in _reached(each.parent, above)


def _reached(start: int, above: dict[int, set[int]]) -> set[int]:
    found, left = {start}, [start]
    while left:
        new = above.get(left.pop(), set()) - found
        found |= new
        left += new
    return found
