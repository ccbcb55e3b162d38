"""The graph in memory has what was put in, whatever way it came in."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import numpy as np
import pytest
from drawn_graph import Drawn, Edge, drawn, edge, graphs, id_of, name_of, numbers
from hypothesis import given
from hypothesis import strategies as st

from lineage.memory import segments
from lineage.memory.columns import NARROW, RELATIONS, EdgeColumns, Growing, ModelColumns
from lineage.memory.filters import EdgeFilter
from lineage.memory.names import Names

DIRECTIONS = ("ancestors", "descendants")


@pytest.fixture
def untouched():
    """These tests need no store."""


@pytest.fixture(autouse=True, params=[4096, 1], ids=["one segment", "many segments"])
def small(request, monkeypatch):
    """With the usual size all that these tests draw would fit into one segment."""
    monkeypatch.setattr(segments, "SMALL", request.param)


def ends_of(made: Drawn, frontier, direction, keep=lambda edge: True) -> Counter:
    return Counter(
        (each.child, each.parent)
        for each in made.edges
        if (each.child if direction == "ancestors" else each.parent) in frontier and keep(each)
    )


def found(made: Drawn, frontier, direction, where=None) -> Counter:
    graph = made.graph
    edges = graph.expand(numbers(*sorted(frontier)), direction, where)
    return Counter(zip(graph.edges.child[edges], graph.edges.parent[edges], strict=True))


@given(made=graphs(), frontier=st.sets(st.integers(1, 12)))
def test_the_edges_of_a_frontier_are_those_that_were_added(made, frontier):
    for direction in DIRECTIONS:
        assert found(made, frontier, direction) == ends_of(made, frontier, direction)


@given(
    made=graphs(),
    frontier=st.sets(st.integers(1, 12), min_size=1),
    relations=st.none() | st.frozensets(st.integers(0, 5)),
    since=st.none() | st.integers(-2, 4),
    until=st.none() | st.integers(-2, 4),
)
def test_a_filter_keeps_what_it_describes(made, frontier, relations, since, until):
    where = EdgeFilter(relations=relations, since=since, until=until)

    def kept(each: Edge) -> bool:
        dated = each.made_on >= 0
        return (
            (relations is None or RELATIONS.index(each.relation) in relations)
            and (since is None or (dated and each.made_on >= since))
            and (until is None or (dated and each.made_on <= until))
        )

    for direction in DIRECTIONS:
        assert found(made, frontier, direction, where) == ends_of(made, frontier, direction, kept)


@given(made=graphs())
def test_degrees_count_edges_and_the_first_of_each_pair_counts_children(made):
    graph, every = made.graph, numbers(*range(1, 13))
    for direction in DIRECTIONS:
        counted = graph.degrees(every, direction)
        assert list(counted) == [len(graph.expand(numbers(n), direction)) for n in range(1, 13)]
    first = graph.edges.first
    pairs = list(zip(graph.edges.child[first], graph.edges.parent[first], strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == {(each.child, each.parent) for each in made.edges}
    children = [len({c for c, p in pairs if p == number}) for number in every.tolist()]
    assert graph.models.children_count[every].tolist() == children


@given(made=graphs(), later=st.lists(edge(15), max_size=20))
def test_a_reader_keeps_the_state_that_it_has(made, later):
    before, every = made.graph, numbers(*range(1, 13))
    edges = np.sort(before.expand(every, "descendants"))
    made.models({number: {} for number in (13, 14, 15)})
    for each in later:
        made.add([each])
    assert np.array_equal(np.sort(before.expand(every, "descendants")), edges)
    assert before.number(id_of(15)) is None
    assert made.graph.number(id_of(15)) == 15


@given(made=graphs())
def test_an_edge_that_comes_again_is_changed_and_not_added(made):
    graph = made.graph
    changed = {
        "id": graph.edges.id[::2],
        "child": graph.edges.child[::2],
        "parent": graph.edges.parent[::2],
        "confidence": np.full(len(graph.edges.id[::2]), 77, np.uint8),
    }
    made.growing.put_edges(changed)
    after = made.graph
    assert np.array_equal(np.sort(after.edges.id), np.sort(graph.edges.id))
    assert set(after.edges.id[after.edges.confidence == 77]) == set(changed["id"])


@given(order=st.permutations(range(1, 40)), sizes=st.lists(st.integers(1, 9), min_size=1))
def test_models_are_found_by_their_id_whatever_order_they_came_in(order, sizes):
    made, rest = Drawn(), list(order)
    while rest:
        size = sizes[len(rest) % len(sizes)]
        made.models({number: {} for number in rest[:size]})
        rest = rest[size:]
    graph = made.graph
    for number in order:
        assert graph.number(id_of(number)) == number
        assert (graph.id(number), graph.name(number)) == (id_of(number), name_of(number))
    assert graph.number(uuid4()) is None


@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_names_come_back_as_they_were(texts):
    names = Names()
    places = [*names.add(texts[:1]), *names.add(texts[1:])]
    assert [names.at(int(place)) for place in places] == texts


def test_a_renamed_model_has_its_new_name_and_old_facts():
    made = drawn([Edge(2, 1)], {1: {"licence": "mit"}})
    places = made.growing.names.add(["new/name"])
    made.growing.put_models(numbers(1), places, {})
    graph = made.graph
    assert (graph.name(1), graph.number(id_of(1))) == ("new/name", 1)
    assert graph.codes.licence[graph.models.licence[1]] == "mit"


def test_many_small_changes_leave_few_segments(monkeypatch):
    made = drawn([Edge(number, number - 1) for number in range(2, 2000)])
    for number in range(2000, 2500):
        made.models({number: {}})
        made.add([Edge(number, 1)])
    assert len(made.graph.segments) <= 8
    assert len(made.graph.expand(numbers(1), "descendants")) == 501


ends = st.sampled_from([0, 1, 200, 255, 256, 32_767, 32_768, 65_535])
rows = st.lists(st.lists(ends, min_size=1, max_size=4), max_size=4)


@pytest.mark.parametrize("kind", [ModelColumns, EdgeColumns])
@given(loaded=st.lists(ends, max_size=4), batches=rows)
def test_a_narrow_column_holds_whatever_its_type_does(kind, loaded, batches):
    columns, expected = Growing(kind), [*loaded]
    names = NARROW.keys() & vars(columns.view()).keys()
    columns.load({name: np.array(loaded, np.int64) for name in names}, np.arange(len(loaded)))
    for batch in batches:
        before, begin = columns.view(), len(expected)
        columns.extend(begin + len(batch))
        columns.write(
            slice(begin, columns.size), {name: np.array(batch, np.int64) for name in names}
        )
        assert all(getattr(before, name).tolist() == expected for name in names)
        expected += batch
    assert all(getattr(columns.view(), name).tolist() == expected for name in names)


def test_ids_of_edges_may_outgrow_32_bits():
    columns = Growing(EdgeColumns)
    columns.load({"id": np.array([7, 2**32 - 1])}, np.arange(2))
    columns.extend(3)
    assert columns.view().id.dtype == np.uint32
    columns.write(np.array([2]), {"id": np.array([2**40])})
    assert columns.view().id.tolist() == [7, 2**32 - 1, 2**40]


shares = st.sampled_from([float("nan"), 0.0, 0.5])
some_rows = st.lists(st.tuples(st.integers(0, 9), shares), max_size=3)


@given(loaded=st.lists(shares, max_size=10), writes=st.lists(some_rows, max_size=4))
def test_a_column_that_few_rows_have_holds_what_was_written(loaded, writes):
    columns, expected = Growing(EdgeColumns), [*loaded]
    columns.load({"density": np.array(loaded, np.float32)}, np.arange(len(loaded)))
    for write in writes:
        rows = dict(write)
        columns.extend(1 + max(rows, default=0))
        expected += [float("nan")] * (columns.size - len(expected))
        values = np.array(list(rows.values()), np.float32)
        columns.write(np.array(list(rows), np.int32), {"density": values})
        for row, value in rows.items():
            expected[row] = value
    assert np.array_equal(columns.view().density, np.array(expected), equal_nan=True)


def test_a_column_that_no_row_has_takes_no_memory():
    columns = Growing(EdgeColumns)
    columns.load({"density": np.full(100, np.nan), "detailed": np.zeros(100, bool)}, None)
    view = columns.view()
    assert view.density.strides == view.detailed.strides == (0,)
