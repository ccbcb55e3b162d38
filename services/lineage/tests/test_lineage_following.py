"""The graph in memory becomes what the tables hold: by a load, by the log, and by both."""

from __future__ import annotations

import asyncio
import gc
from datetime import date

import numpy as np
import pytest
from lineage_statements import say
from loaded_graph import columns, driver, loaded, rows, tell
from sqlalchemy import insert, select, update

from lineage.edges.models import EdgeRow
from lineage.learning.batch import Batch
from lineage.learning.changes import log
from lineage.learning.service import learn
from lineage.models.models import FlagRow, ModelRow
from lineage.replica.serving import replica_of
from mergehub.columns import copying
from mergehub.kit.replica import heap
from mergehub.kit.replica import replica as replica_module
from mergehub.kit.replica.log import AnotherDatabase, Place


async def test_a_load_has_what_the_tables_have(resources):
    await tell(
        resources,
        say("b\\n", "a\tü", method="ties", weight=0.25, made_on=date(2024, 2, 29)),
        say("c", "a\tü", role="base", relation="finetune", source="edge-list"),
        say("c", "b\\n", digests=("sha256:c", "sha256:b"), weight=1e300),
    )
    async with resources.database.transaction() as session:
        facts = {"licence": "mit", "architecture": "Llama", "parameters": 7 * 10**9}
        more = {"domains": ["maths", "code"], "made_on": date(2023, 7, 18)}
        await session.execute(update(ModelRow).where(ModelRow.name == "c").values(facts | more))
        await session.execute(update(EdgeRow).where(EdgeRow.weight > 2).values(weight=2))
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
    assert columns(follower.graph) == await rows(resources)


async def test_domains_in_the_tables_are_read_by_their_names(resources):
    await tell(resources, say("b", "a"))
    async with resources.database.transaction() as session:
        domains = ["mathematics", "cooking", "coding", "code"]
        await session.execute(update(ModelRow).values(domains=domains))
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
    assert {models[6] for models in columns(follower.graph)[0]} == {"code\ncooking\nmaths"}


@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "in any order"])
async def test_a_load_has_all_rows_wherever_the_table_keeps_them(resources, monkeypatch, in_order):
    """A changed row moves to the end of its table, and rows come in pieces of any size."""
    monkeypatch.setattr(copying, "PIECE_BYTES", 200)
    monkeypatch.setattr(copying._Column, "ROOM", 1)
    statements = [say(f"child-{n:02}", f"parent-{n % 7}", weight=n / 64) for n in range(40)]
    await tell(resources, *(statements if in_order else statements[::-1]))
    if not in_order:
        async with resources.database.transaction() as session:
            early = ModelRow.number < 20
            await session.execute(update(ModelRow).where(early).values(licence="mit"))
            await session.execute(update(EdgeRow).where(EdgeRow.id < 9).values(method="ties"))
        await tell(resources, say("child-00", "parent-5"), say("child-01", "parent-4"))
    async with driver(resources) as connection:
        graph = (await loaded(resources, connection)).graph
    assert columns(graph) == await rows(resources)
    ends = list(zip(graph.edges.child.tolist(), graph.edges.parent.tolist(), strict=True))
    assert ends == sorted(ends)


async def test_only_the_first_load_looks_through_all_objects(resources):
    """What a process has beside the graph must not make each load of it slow."""
    heap._freeze.cache_clear()  # mypy, which another test may have run here, undoes it
    async with driver(resources) as connection:
        await loaded(resources, connection)
        frozen, kept = gc.get_freeze_count(), [[] for _ in range(1000)]
        await loaded(resources, connection)
    assert frozen > len(kept)
    assert gc.get_freeze_count() <= frozen


async def test_an_empty_hub_has_an_empty_graph(resources):
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        assert columns(follower.graph) == (set(), set())
        await tell(resources, say("b", "a"))
        await follower.follow(connection)
    assert columns(follower.graph) == await rows(resources)


async def test_weights_beyond_single_precision_are_not_known(resources):
    await tell(resources, say("b", "a", weight=1e300))
    async with driver(resources) as connection:
        graph = (await loaded(resources, connection)).graph
    assert not np.isfinite(graph.edges.weight[0])


async def test_days_without_end_in_the_tables_do_not_stop_the_graph(resources):
    """The driver stores `date.max` as infinity, and PostgreSQL cannot subtract from that."""
    await tell(resources, say("b", "a", made_on=date.max), say("c", "a", made_on=date.min))
    async with resources.database.transaction() as session:
        await session.execute(update(ModelRow).values(made_on=date.max))
    async with driver(resources) as connection:
        graph = (await loaded(resources, connection)).graph
    assert set(graph.edges.made_on.tolist()) == {-1}
    assert set(graph.models.made_on[graph.models.exists]) == {-1}


async def test_the_log_brings_new_and_changed_rows(resources):
    await tell(resources, say("b", "a"), say("c", "b"))
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        before = follower.graph
        await tell(resources, say("d", "c"), say("d", "a", source="edge-list"))
        await tell(resources, say("d", "a", method="slerp"), say("e", "d"))
        async with resources.database.transaction() as session:
            named = select(ModelRow.number).where(ModelRow.name == "b")
            b = (await session.scalars(named)).one()
            await session.execute(
                update(ModelRow).where(ModelRow.number == b).values(name="renamed", licence="mit")
            )
            flag = {"model": b, "kind": "contaminated", "reason": "seen", "set_by": "m"}
            await session.execute(insert(FlagRow).values(flag))
            await log(session, [], [b])
        assert await follower.follow(connection) == 3
        assert await follower.follow(connection) == 0
        assert follower.graph.as_of > before.as_of
    assert columns(follower.graph) == await rows(resources)
    assert list(np.flatnonzero(follower.graph.models.flagged)) == [b]
    assert len(before.edges.id) == 2


async def test_names_take_memory_only_when_they_change(resources):
    await tell(resources, say("b", "a"))
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        before = follower.graph.names.end
        await tell(resources, say("c", "a"))
        await follower.follow(connection)
        assert follower.graph.names.end == before + len("c\n")
        async with resources.database.transaction() as session:
            renamed = update(ModelRow).where(ModelRow.name == "a").values(name="a renamed")
            number = await session.scalar(renamed.returning(ModelRow.number))
            await log(session, [], [number])
        await follower.follow(connection)
    assert follower.graph.names.end == before + len("c\na renamed\n")
    assert columns(follower.graph) == await rows(resources)


async def test_a_change_that_commits_after_a_younger_one_is_not_skipped(resources):
    """Nor does the younger one wait for it."""
    async with driver(resources) as connection, resources.database.transaction() as older:
        follower = await loaded(resources, connection)
        await learn(older, Batch([say("old", "base")]))
        await older.flush()
        await tell(resources, say("young", "foundation"))
        assert await follower.follow(connection) == 1
        await older.commit()
        assert await follower.follow(connection) == 1
        assert await follower.follow(connection) == 0
    assert columns(follower.graph) == await rows(resources)


async def test_writers_at_once_and_a_reader_meanwhile_come_to_the_same_graph(resources):
    chains = [[say(f"{w}-{n}", f"{w}-{n - 1}") for n in range(1, 12)] for w in range(4)]
    mixed = [say(f"{w}-{n}", f"{(w + 1) % 4}-{n - 1}") for w in range(4) for n in range(1, 12)]

    async def write(statements):
        for statement in statements:
            await tell(resources, statement)

    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        writing = asyncio.gather(*map(write, [*chains, mixed[::2], mixed[1::2]]))
        while not writing.done():
            await follower.follow(connection)
        await writing
        await follower.follow(connection)
        assert columns(follower.graph) == await rows(resources)
        again = await loaded(resources, connection)
    assert columns(again.graph) == columns(follower.graph)
    first = follower.graph.edges.first
    assert first.sum() == len({(c, p) for _, c, p, *_ in columns(again.graph)[1]})


async def test_more_changes_than_fit_at_once_are_all_followed(resources):
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        for number in range(120):
            await tell(resources, say(f"m{number + 1}", f"m{number}"))
        assert await follower.follow(connection) == 120
    assert columns(follower.graph) == await rows(resources)


async def test_a_log_that_went_back_is_noticed(resources, monkeypatch):
    async with driver(resources) as connection:
        follower = await loaded(resources, connection)
        monkeypatch.setattr(follower, "_place", Place(follower.graph.as_of + 10**6))
        with pytest.raises(AnotherDatabase):
            await follower.follow(connection)


async def test_a_commit_wakes_the_replica(client, apps, resources, monkeypatch):
    monkeypatch.setattr(replica_module, "LOOK_SECONDS", 600)
    replica = replica_of(apps[-1])
    before = await replica.current()  # the next look without a call is far away
    async with asyncio.timeout(60):
        await tell(resources, say("child", "parent"))
        graph = await replica.newer(before.as_of)
    assert columns(graph) == await rows(resources)


async def test_metrics_say_how_large_the_graph_is_and_how_far_behind(client, resources):
    await tell(resources, say("b", "a"))
    text_of = (await client.get("/metrics")).text
    values = dict(line.rsplit(" ", 1) for line in text_of.splitlines() if line[:1] != "#")
    assert float(values["mergehub_graph_models"]) == 2
    assert float(values["mergehub_graph_edges"]) == 1
    assert float(values["mergehub_graph_changes_total"]) >= 1
    assert float(values["mergehub_graph_behind_seconds"]) < 60
