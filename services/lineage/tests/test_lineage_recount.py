"""`python -m lineage recount` compares counters with the edges, and repairs them."""

from __future__ import annotations

import json

from lineage_statements import say
from sqlalchemy import func, select, update

from lineage.learning.batch import Batch
from lineage.learning.service import learn
from lineage.models.models import CounterRow, ModelRow


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
        a = select(ModelRow.number).where(ModelRow.name == "a").scalar_subquery()
        wrong = {"children": 7, "as_base": 0}
        await session.execute(update(CounterRow).where(CounterRow.model == a).values(wrong))
    counted = {"children_count": [7, 2], "base_count": [0, 1]}

    status, out, _ = await command("recount")
    (line,) = map(json.loads, out.splitlines())
    assert (status, line["name"], line["wrong"]) == (1, "a", counted)
    assert (await command("recount", "--repair"))[0] == 0
    assert (await command("recount"))[:2] == (0, "")
    async with resources.database.transaction() as session:
        a = (await session.scalars(select(ModelRow).where(ModelRow.name == "a"))).one()
        assert (a.children_count, a.base_count, a.ingredient_count) == (2, 1, 2)


async def test_what_an_earlier_version_counts_is_added_and_repaired(resources, command):
    """Two releases may run for a while, each counting in its own place."""
    async with resources.database.transaction() as session:
        await learn(session, Batch([say("b", "a"), say("c", "a"), say("d", "a")]))
        a = ModelRow.name == "a"
        number = await session.scalar(select(ModelRow.number).where(a))
        counted = update(CounterRow).where(CounterRow.model == number)
        await session.execute(counted.values({"children": 1, "as_ingredient": 1}))
        before = {"counted_children": 2, "counted_as_ingredient": 2}
        await session.execute(update(ModelRow).where(a).values(before))
    assert (await command("recount"))[:2] == (0, "")
    async with resources.database.transaction() as session:
        await session.execute(update(ModelRow).where(a).values({"counted_children": 9}))
    status, out, _ = await command("recount", "--repair")
    assert json.loads(out)["wrong"] == {"children_count": [10, 3]}
    assert (status, (await command("recount"))[:2]) == (0, (0, ""))


async def test_it_says_which_edges_are_against_the_order(resources, command):
    async with resources.database.transaction() as session:
        await learn(session, Batch([say("b", "a"), say("c", "b")]))
        lowest = select(func.min(ModelRow.rank)).scalar_subquery()
        await session.execute(update(ModelRow).where(ModelRow.name == "c").values(rank=lowest - 1))
    status, out, _ = await command("recount", "--repair")
    (line,) = map(json.loads, out.splitlines())
    assert (status, line["wrong"]) == (1, "rank")
