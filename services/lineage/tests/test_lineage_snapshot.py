"""The snapshot of the graph: what it has, when it is used, and when it is ignored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from captured_logs import captured_logs
from drawn_graph import Drawn, graphs, id_of, numbers
from hypothesis import given
from hypothesis import strategies as st
from lineage_statements import say
from loaded_graph import columns, driver, tell
from prometheus_client import CollectorRegistry
from sqlalchemy import insert, select, text, update

from lineage.app import create_app
from lineage.edges.models import EdgeRow, WithdrawalRow
from lineage.learning.changes import log
from lineage.memory import segments
from lineage.memory.graph import Graph
from lineage.memory.growing import GrowingGraph
from lineage.models.models import ModelRow
from lineage.replica.following import Follower
from lineage.replica.kept import NAME, code
from lineage.replica.replica import Replica
from lineage.search import current
from lineage.search.current import Search
from lineage.search.finding import find
from lineage.search.words import Query
from mergehub.columns import array_file
from mergehub.columns.parts import in_memory
from mergehub.columns.snapshots import Snapshots
from mergehub.kit.replica.change_log import KEEP

EVERY = np.arange(1, 13, dtype=np.int32)


def answers(graph: Graph) -> list[object]:
    """What walks find from each of twelve models, with children counted and ids looked up."""
    walks = []
    for direction in ("ancestors", "descendants"):
        for number in EVERY.tolist():
            found = graph.expand(numbers(number), direction)
            ends = zip(graph.edges.child[found], graph.edges.parent[found], strict=True)
            walks.append(sorted((int(child), int(parent)) for child, parent in ends))
    here = [number for number in EVERY.tolist() if graph.has(number)]
    children = [int(graph.models.children_count[number]) for number in here]
    firsts = int(graph.edges.first.sum())
    return [walks, here, children, firsts, [graph.number(id_of(number)) for number in here]]


@given(graphs(), st.sampled_from([1, 4096]), st.data())
def test_a_graph_of_parts_and_what_came_later_answer_as_one_without_them(made, small, data):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(segments, "SMALL", small)
        other = GrowingGraph.kept(in_memory(made.growing.parts()))
        assert answers(other.graph(1)) == answers(made.graph)
        plain, kept = made.growing, Drawn(growing=other, plain=made.plain, edges=made.edges)
        ids = made.graph.edges.id.tolist()
        gone = data.draw(st.lists(st.sampled_from(ids), max_size=3)) if ids else []
        for growing in (plain, other):
            growing.withdraw_edges(gone)
        assert answers(kept.graph) == answers(made.graph)
        again = GrowingGraph.kept(in_memory(other.parts()))
        assert answers(again.graph(1)) == answers(made.graph)
        assert [*again.codes.licence] == [*plain.codes.licence]


@pytest.fixture
def kept(tmp_path) -> Snapshots:
    return Snapshots(tmp_path / "kept", NAME, code())


@pytest.fixture
async def told(resources):
    """Some models and edges in the tables."""
    await tell(
        resources,
        say("b\\n", "a\tü", method="ties", weight=0.25, made_on=date(2024, 2, 29)),
        say("c", "a\tü", role="base", relation="finetune", source="edge-list"),
        say("c", "b\\n", weight=0.5),
    )


async def loaded(resources, snapshots: Snapshots | None) -> Follower:
    """A load of the graph that has followed the log to its end."""
    async with driver(resources) as connection, driver(resources) as beside:
        follower = await Follower.load(connection, beside, snapshots)
        await follower.follow(connection)
    return follower


async def saved(resources, snapshots: Snapshots) -> Follower:
    follower = await loaded(resources, snapshots)
    assert await follower.save(snapshots)
    return follower


def about_snapshots(said) -> list[str]:
    """The events of log lines, but for those of the loops of other apps."""
    return [each["event"] for each in said if each["event"].startswith("graph.snapshot")]


async def change(resources, *statements) -> None:
    """Change rows, and note in the log all models and edges."""
    async with resources.database.transaction() as session:
        for statement in statements:
            await session.execute(statement)
        models = list(await session.scalars(text("SELECT number FROM models")))
        edges = list(await session.scalars(text("SELECT id FROM edges")))
        await log(session, models=models, edges=edges)


async def test_a_start_reads_the_snapshot_and_what_the_log_has_since(resources, told, kept):
    await saved(resources, kept)
    assert kept.path.stat().st_mode & 0o777 == 0o600
    await tell(
        resources, say("d", "c"), say("b\\n", "e", weight=0.75), say("c", "a\tü", weight=0.1)
    )
    await change(
        resources,
        update(ModelRow).where(ModelRow.name == "c").values(name="renamed", licence="mit"),
    )
    with captured_logs() as said:
        second, anew = await loaded(resources, kept), await loaded(resources, None)
    assert about_snapshots(said) == []
    assert columns(second.graph) == columns(anew.graph)
    assert len(columns(second.graph)[0]) == 5
    assert await second.save(kept)
    third = await loaded(resources, kept)
    assert columns(third.graph) == columns(anew.graph)
    assert third.graph.as_of >= second.graph.as_of


async def test_edges_that_are_withdrawn_or_restored_after_a_snapshot_are_so(resources, told, kept):
    some = EdgeRow.source == "edge-list"
    await saved(resources, kept)
    async with resources.database.transaction() as session:
        edge = await session.scalar(select(EdgeRow).where(some))
        word = {"reason": "It is wrong.", "withdrawn_by": "ann"}
        of = {"edge": edge.id, "child": edge.child, "parent": edge.parent}
        added = insert(WithdrawalRow).values(word | of)
        number = await session.scalar(added.returning(WithdrawalRow.id))
    await change(resources, update(EdgeRow).where(some).values(withdrawal=number))
    second, anew = await loaded(resources, kept), await loaded(resources, None)
    assert len(columns(second.graph)[1]) == 2
    assert columns(second.graph) == columns(anew.graph)
    assert await second.save(kept)
    await change(resources, update(EdgeRow).where(some).values(withdrawal=None))
    third = await loaded(resources, kept)
    assert columns(third.graph) == columns((await loaded(resources, None)).graph)
    assert len(columns(third.graph)[1]) == 3


async def test_what_changes_while_it_is_written_is_in_the_log_as_well(resources, told, kept):
    follower = await loaded(resources, kept)
    about, parts = follower._about(code(), "x"), follower.parts()
    await tell(resources, say("d", "c"), say("c", "a\tü", weight=0.75), say("a\tü", "e"))
    async with driver(resources) as connection:
        await follower.follow(connection)
        growing = GrowingGraph.kept(in_memory(parts_of_graph(parts)))
        other = Follower(growing, about.place, None, about.change, about.as_of)
        await other.follow(connection)
    assert columns(other.graph) == columns(follower.graph)
    there = np.flatnonzero(follower.graph.models.exists).tolist()
    assert len(there) == 5
    assert [other.graph.number(follower.graph.id(number)) for number in there] == there


def parts_of_graph(parts):
    return {name.removeprefix("graph."): part for name, part in parts.items()}


CHANGES = {
    "code": lambda _: "0" * 64,
    "database": lambda _: "another",
    "horizon": lambda of: of + 1_000_000,
    "read_at": lambda of: (datetime.fromisoformat(of) - KEEP).isoformat(),
    "change": lambda of: (of[0], of[1] + 1),
    "former": lambda _: 20_000,
}


@pytest.mark.parametrize("field", CHANGES)
async def test_a_snapshot_that_does_not_fit_is_ignored(resources, told, kept, field):
    expected = columns((await saved(resources, kept)).graph)
    about, _ = array_file.read(kept.path)
    wrong = Follower(GrowingGraph(), (await loaded(resources, None))._place).parts()
    array_file.write(kept.path, about, wrong)
    assert columns((await loaded(resources, kept)).graph) != expected
    array_file.write(kept.path, about | {field: CHANGES[field](about[field])}, wrong)
    with captured_logs() as said:
        assert columns((await loaded(resources, kept)).graph) == expected
    assert about_snapshots(said) == ["graph.snapshot_ignored"]


async def test_a_damaged_snapshot_is_ignored_and_written_anew(resources, told, kept):
    expected = columns((await saved(resources, kept)).graph)
    whole = kept.path.read_bytes()
    for damaged in (b"", b"something else", whole[: len(whole) // 2], whole[:-1]):
        kept.path.write_bytes(damaged)
        with captured_logs() as said:
            assert columns((await saved(resources, kept)).graph) == expected
        assert about_snapshots(said) == ["graph.snapshot_ignored"]
        assert kept.path.stat().st_size == len(whole)


async def test_a_folder_that_cannot_be_written_is_said_to_be_so(resources, told):
    nowhere = Snapshots(Path("/proc/nowhere"), NAME, code())
    follower = await loaded(resources, nowhere)
    with captured_logs() as said:
        assert not await follower.save(nowhere)
    assert about_snapshots(said) == ["graph.snapshot_unwritable"]


async def test_a_snapshot_is_not_used_when_a_table_was_made_anew(resources, told, kept):
    await saved(resources, kept)
    async with resources.database.transaction() as session:
        await session.execute(text("CREATE TABLE other (LIKE models INCLUDING ALL)"))
    async with driver(resources) as connection:
        there = type("There", (Follower,), {"table": "other"})
        with captured_logs() as said:
            database = await there.identity(connection, kept)
            assert await there.snapshot(connection, kept, database) is None
        await connection.execute("DROP TABLE other")
    assert about_snapshots(said) == ["graph.snapshot_ignored"]


async def test_a_process_keeps_its_snapshot_with_the_index_of_names(
    resources, told, settings, tmp_path, monkeypatch
):
    named = settings.model_copy(update={"snapshots": tmp_path / "kept"})
    replica = replica_with(resources, named)
    follower = await first_load(replica)
    search = Search(replica.kept_index)
    follower.index = search.parts
    await search.follow(follower.graph)
    assert search.complete
    await replica.save_if_due(1, 3600)
    monkeypatch.setattr(current, "blocks_apart", None)  # it would be called otherwise
    monkeypatch.setattr(current, "MANY", 1)
    again = replica_with(resources, named)
    graph = (await first_load(again)).graph
    index = Search(again.kept_index).index(graph)
    assert not index.waits
    found = [graph.name(each.model) for each in find(graph, index, Query.of("b"), (), 5)]
    assert found == ["b\\n"]


def replica_with(resources, settings) -> Replica:
    """A replica of its own, whose settings name a folder."""
    return Replica(replace(resources, settings=settings, metrics=CollectorRegistry()))


async def first_load(replica: Replica) -> Follower:
    async with replica.connection() as connection:
        return await replica.load(connection)


async def test_after_the_first_load_the_tables_are_read(resources, told, settings, tmp_path):
    named = settings.model_copy(update={"snapshots": tmp_path})
    replica = replica_with(resources, named)
    follower = await first_load(replica)
    assert await follower.save(replica.snapshots)
    replica.state = follower.graph
    await change(resources)
    async with resources.database.transaction() as session:  # without the log
        await session.execute(update(ModelRow).where(ModelRow.name == "c").values(licence="mit"))
    graph = (await first_load(replica)).graph
    assert "mit" in {model[5] for model in columns(graph)[0]}


async def test_the_service_writes_it_with_its_complete_index(
    told: None, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(current, "SNAPSHOT_CHANGES", 1)
    monkeypatch.setattr(current, "SNAPSHOT_PAUSE_SECONDS", 0.01)
    written, loop, write = asyncio.Event(), asyncio.get_running_loop(), Snapshots.write

    def noted(self, about, parts) -> bool:
        try:
            return write(self, about, parts)
        finally:
            loop.call_soon_threadsafe(written.set)

    monkeypatch.setattr(Snapshots, "write", noted)
    app = create_app(settings.model_copy(update={"data": tmp_path}))
    async with app.router.lifespan_context(app):
        await written.wait()
    _, kept = array_file.read(tmp_path / "snapshots" / "graph.snapshot")
    assert {"graph.names", "index.signatures", "index.groups.data"} <= kept.keys()
