"""Many rows at once, on their way between Python and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import TextClause, text

from lineage.learning import edge_rows, model_rows, refused, rows
from mergehub.contracts.lineage_names import are_usual, is_usual
from mergehub.kit.database.constant import array, of_numbers
from mergehub.kit.database.database import now

names = st.text("aZ0_./-\n é", max_size=6) | st.sampled_from(["none", "a/b", "NaN", "a" * 300])


@given(written=st.lists(names, max_size=5))
def test_names_are_usual_together_if_each_is(written):
    assert are_usual(written) is all(map(is_usual, written))


@pytest.mark.parametrize("module", [edge_rows, model_rows, refused])
def test_no_look_through_a_table_reads_numbers_from_a_text(module):
    """PostgreSQL would read it again for each row of the table: an import takes minutes then."""
    statements = [str(each) for each in vars(module).values() if isinstance(each, TextClause)]
    assert statements
    assert not any(f"ANY({of_numbers('')[:10]}" in each for each in statements)


async def test_numbers_come_out_as_they_went_in(resources):
    for numbers in ([], [7], [0, -1, None, 2**63 - 1, -(2**63)]):
        async with resources.database.reading() as session:
            query = text(f"SELECT {of_numbers(':numbers')}")
            assert await session.scalar(query, {"numbers": array(numbers)}) == numbers


async def test_columns_that_no_row_has_get_their_defaults(resources):
    edge = dict.fromkeys(edge_rows.EDGE) | {"relation": "merge", "source": "x", "confidence": 1}
    edge |= {"id": 2**40, "child": 1, "parent": 2, "role": "base"}
    stated = {"role_stated": False, "weight": 0.5, "created_at": datetime(2020, 1, 1, tzinfo=UTC)}
    one, other = edge | {"id": 2**40 + 1, "child": 3} | stated, edge | {"role_stated": True}
    query = text(
        "SELECT id, weight, role_stated, created_at, method FROM edges WHERE id >= :id ORDER BY id"
    )
    async with resources.database.transaction() as session:
        moment = await now(session)
        await rows.copy(session, "edges", edge_rows.EDGE, [])
        await rows.copy(session, "edges", edge_rows.EDGE, [tuple(other.values())])
        await rows.copy(session, "edges", edge_rows.EDGE, [tuple(one.values())])
        found = [tuple(row) for row in await session.execute(query, {"id": 2**40})]
        assert found == [
            (2**40, None, True, moment, None),
            (2**40 + 1, 0.5, False, stated["created_at"], None),
        ]
