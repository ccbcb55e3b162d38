"""The real list of edges, learned whole by concurrent writers: each answer equals networkx's."""

from __future__ import annotations

import asyncio
import csv
import os
import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from lineage_statements import say
from sqlalchemy import select
from when_used import when_used

from lineage.edges.models import EdgeRow
from lineage.learning.batch import Batch
from lineage.learning.service import learn
from lineage.questions.common import common_ancestors
from lineage.questions.neighbours import neighbours
from lineage.questions.paths import shortest_paths
from lineage.questions.shares import shares
from lineage.questions.walks import bands
from lineage.replica.following import Follower

nx = when_used("networkx")
DATA = os.environ.get("MERGEHUB_REAL_DATA")
pytestmark = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder")

WRITERS, AT_ONCE = 4, 40


@pytest.fixture
async def learned(resources):
    """The graph that followed while four writers told of the edges, and the tables' edges."""
    assert DATA is not None
    with (Path(DATA) / "lineage" / "edges.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = [
        say(row["child"], row["parent"], role="base", relation="finetune", source="edge-list")
        for row in rows
    ]
    batches = [told[begin : begin + AT_ONCE] for begin in range(0, len(told), AT_ONCE)]

    async def write(some):
        for batch in some:
            async with resources.database.transaction() as session:
                await learn(session, Batch(batch))

    driver = partial(resources.database.driver, TimeZone="UTC", jit="off")
    async with driver() as connection, driver() as beside:
        follower = await Follower.load(connection, beside)
        writing = asyncio.gather(*(write(batches[n::WRITERS]) for n in range(WRITERS)))
        while not writing.done():
            await follower.follow(connection)
        await writing
        await follower.follow(connection)
    async with resources.database.transaction() as session:
        ends = (await session.execute(select(EdgeRow.child, EdgeRow.parent))).all()
    assert len(ends) > len(rows) * 0.9
    return follower.graph, nx.DiGraph(ends)


async def test_every_answer_about_real_edges_equals_networkx(learned):
    graph, plain = learned
    back = plain.reverse()
    models = sorted(plain)
    for model in models:
        up = nx.single_source_shortest_path_length(plain, model)
        down = nx.single_source_shortest_path_length(back, model)
        for way, expected in (("ancestors", up), ("descendants", down)):
            found = {
                each: band.depth
                for _, band in bands(graph, model, way)
                for each in band.models.tolist()
            }
            assert found == expected
        assert sorted(neighbours(graph, model, "ancestors").models) == sorted(plain[model])
        assert sorted(neighbours(graph, model, "descendants").models) == sorted(back[model])
        assert graph.models.children_count[model] == back.out_degree(model)
        origins = shares(graph, model)
        assert origins.shares[origins.origins].sum() == pytest.approx(1)
        assert {int(each) for each in origins.models[origins.origins]} == {
            each for each in up if not plain[each]
        }


async def test_paths_and_common_ancestors_of_real_models_equal_networkx(learned):
    graph, plain = learned
    drawn, models = random.Random(7), sorted(plain)
    undirected = plain.to_undirected()
    for _ in range(300):
        one, other = drawn.sample(models, 2)
        common = common_ancestors(graph, [one, other])
        shared = (nx.descendants(plain, one) | {one}) & (nx.descendants(plain, other) | {other})
        assert set(common.models.tolist()) == shared
        paths = shortest_paths(graph, one, other, "any")
        expected = []
        if nx.has_path(undirected, one, other):
            expected = sorted(nx.all_shortest_paths(undirected, one, other))
        assert list(paths.listed(0, 10**6)) == expected
    assert np.all(graph.models.exists[models])
