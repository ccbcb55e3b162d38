"""`python -m lineage recount` compares counters with the edges, and repairs them."""

from __future__ import annotations

import json

from lineage_statements import say
from sqlalchemy import func, select, update

from lineage.learning.batch import Batch
from lineage.learning.service import learn
from lineage.models.models import ModelRow


async def test_it_says_nothing_of_a_true_graph(resources, command):
    async with resources.database.transaction() as session:
        await learn(session, Batch([say("b", "a"), say("c", "a", role="base")]))
    status, out, err = await command("recount")
    assert (status, out) == (0, "")
    assert "Wrong: 0 counters, 0 ranks" in err


async def test_it_says_which_counters_are_wrong_and_repairs_them(resources, command):
    async with resources.database.transaction() as session:
        told = [say("b", "a"), say("c", "a", role="base"), say("c", "a"), say("c", "b")]
        await learn(session, Batch(told))
        wrong = {"children_count": 7, "base_count": 0}
        await session.execute(update(ModelRow).where(ModelRow.name == "a").values(wrong))
    counted = {"children_count": [7, 2], "base_count": [0, 1]}

    status, out, _ = await command("recount")
    (line,) = map(json.loads, out.splitlines())
    assert (status, line["name"], line["wrong"]) == (1, "a", counted)
    assert (await command("recount", "--repair"))[0] == 0
    assert (await command("recount"))[:2] == (0, "")
    async with resources.database.transaction() as session:
        a = (await session.scalars(select(ModelRow).where(ModelRow.name == "a"))).one()
        assert (a.children_count, a.base_count, a.ingredient_count) == (2, 1, 2)


async def test_it_says_which_edges_are_against_the_order(resources, command):
    async with resources.database.transaction() as session:
        await learn(session, Batch([say("b", "a"), say("c", "b")]))
        lowest = select(func.min(ModelRow.rank)).scalar_subquery()
        await session.execute(update(ModelRow).where(ModelRow.name == "c").values(rank=lowest - 1))
    status, out, _ = await command("recount", "--repair")
    (line,) = map(json.loads, out.splitlines())
    assert (status, line["wrong"]) == (1, "rank")
