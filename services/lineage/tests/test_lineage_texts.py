"""Walks are written as JSON text. It says what the columns say, whatever texts and numbers are."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pytest
from drawn_graph import Drawn, drawn, graphs, id_of, name_of
from hypothesis import given
from hypothesis import strategies as st

from lineage.answers import schemas
from lineage.answers.edges import edge_texts
from lineage.answers.lines import lines
from lineage.answers.texts import id_texts, node_texts
from lineage.memory.columns import RELATIONS, ROLES
from lineage.questions.walks import bands

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
share = st.just(np.nan) | st.floats(width=32)
EDGES = st.fixed_dictionaries(
    {
        "relation": st.sampled_from(RELATIONS),
        "role": st.sampled_from(ROLES),
        "method": text,
        "source": text,
        "weight": share,
        "density": share,
        "made_on": st.integers(-1, 200_000),
        "confidence": st.integers(0, 100),
        "id": st.integers(1, 2**62),
    }
)
CODES = {"relation": RELATIONS.index, "role": ROLES.index}


@pytest.fixture
def untouched():
    """These tests need no store."""


def holding(rows: list[dict]) -> Drawn:
    """A graph in which the second model came from the first by all of these edges."""
    made = drawn([], {1: {}, 2: {}})
    codes = CODES | {name: getattr(made.growing.codes, name).code for name in ("method", "source")}
    columns = {
        name: np.array([codes.get(name, lambda value: value)(row[name]) for row in rows])
        for name in rows[0]
    }
    ends = {"child": np.full(len(rows), 2, np.int32), "parent": np.full(len(rows), 1, np.int32)}
    made.growing.load_edges(columns | ends)
    return made


@given(st.lists(EDGES, min_size=1, max_size=4, unique_by=lambda row: row["id"]))
def test_the_text_of_an_edge_says_what_is_known_of_it(rows):
    graph = holding(rows).graph
    places = np.argsort(graph.edges.id[: len(rows)]).astype(np.int32)
    texts = asyncio.run(edge_texts(None, graph, places))
    for written, row in zip(texts, sorted(rows, key=lambda row: row["id"]), strict=True):
        found = json.loads(written)
        assert list(found) == list(schemas.Edge.model_fields)
        edge = schemas.Edge.model_validate_json(written)
        assert (edge.id, edge.child, edge.parent) == (row["id"], id_of(2), id_of(1))
        assert (edge.relation, edge.role) == (row["relation"], row["role"])
        assert (edge.method, edge.source) == (row["method"] or None, row["source"])
        assert edge.confidence == row["confidence"]
        day = date(1970, 1, 1) + timedelta(days=row["made_on"])
        assert edge.made_on == (None if row["made_on"] < 0 else day)
        for name in ("weight", "density"):
            known = getattr(edge, name)
            if np.isfinite(row[name]):
                assert known == pytest.approx(row[name], rel=1e-6, abs=1e-44)
            else:
                assert known is None
        assert not any(found[each] for each in ("layers", "run", "evidence", "child_digest"))


@given(made=graphs(), start=st.integers(1, 12))
def test_nodes_are_the_same_on_a_page_and_in_lines(made, start):
    graph = made.graph
    reached = [band for _, band in bands(graph, start, "relatives")]
    expected = [
        {"id": str(id_of(each)), "name": name_of(each), "depth": band.depth, "side": band.side}
        for band in reached
        for each in band.models.tolist()
    ]
    assert [json.loads(each) for each in node_texts(graph, reached)] == expected
    streamed = b"".join(lines(graph, iter(reached), None))
    assert [json.loads(each) for each in streamed.splitlines()] == expected


@given(st.lists(st.uuids(), max_size=9))
def test_ids_have_their_usual_form(ids: list[UUID]):
    made = drawn([], {number: {} for number in range(1, len(ids) + 2)})
    columns = made.growing.graph(0).models
    for number, id in enumerate(ids):
        columns.id_high[number], columns.id_low[number] = id.int >> 64, id.int % 2**64
    numbers = np.arange(len(ids), dtype=np.int32)
    assert id_texts(made.graph, numbers) == [str(id) for id in ids]
