"""Which models a map shows is what a plain search finds, and nothing is lost in a fold."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from drawn_graph import LICENCES, Drawn, graphs, numbers
from hypothesis import given, settings
from hypothesis import strategies as st
from tries import tries

from lineage.map import chosen
from lineage.map.chosen import largest
from lineage.map.neighbourhood import Around, neighbourhood
from lineage.map.overview import overview
from lineage.map.picture import Picture, picture
from lineage.map.wanted import Wanted
from lineage.memory import segments
from lineage.memory.columns import RELATIONS
from lineage.memory.filters import EdgeFilter
from lineage.questions.kinds import KINDS, families_of, kinds_of

MODELS = 12
BOTH = ("ancestors", "descendants")
fast = settings(max_examples=tries(15), deadline=None, derandomize=True)


@pytest.fixture
def untouched():
    """These tests need no store."""


@pytest.fixture(autouse=True, params=[4096, 1], ids=["one segment", "many segments"])
def small(request, monkeypatch):
    monkeypatch.setattr(segments, "SMALL", request.param)
    monkeypatch.setattr(chosen, "_FEW", request.param - 1)


wanted = st.builds(
    Wanted,
    where=st.none()
    | st.builds(EdgeFilter, relations=st.frozensets(st.integers(0, 5), min_size=1))
    | st.builds(EdgeFilter, since=st.integers(0, 3)),
    licences=st.none() | st.frozensets(st.integers(0, len(LICENCES)), min_size=1),
    kinds=st.none() | st.frozensets(st.integers(0, len(KINDS) - 1), min_size=1),
)


def fitting(made: Drawn, want: Wanted) -> set[int]:
    """The models with a wanted licence and kind."""
    licence = made.graph.models.licence
    kinds = kinds_of(made.graph, numbers(*range(MODELS + 1)))
    return {
        n
        for n in range(MODELS + 1)
        if (want.licences is None or int(licence[n]) in want.licences)
        and (want.kinds is None or int(kinds[n]) in want.kinds)
    }


def kept_edges(made: Drawn, want: Wanted) -> list:
    """The edges that a filter keeps, between models that it keeps."""
    fits = fitting(made, want)
    where = want.where or EdgeFilter()
    return [
        edge
        for edge in made.edges
        if (where.relations is None or RELATIONS.index(edge.relation) in where.relations)
        and (where.since is None or edge.made_on >= where.since)
        and {edge.child, edge.parent} <= fits
    ]


def reached(start: int, steps: dict[int, set[int]], depth: int) -> set[int]:
    found, level = {start}, {start}
    for _ in range(depth):
        level = {there for here in level for there in steps[here]} - found
        found |= level
    return found


def passable(made: Drawn, want: Wanted, focus: int) -> list:
    """The same edges, and those of the focus, which is shown whatever it is."""
    where = Wanted(want.where)
    ok = fitting(made, want) | {focus}
    return [e for e in kept_edges(made, where) if {e.child, e.parent} <= ok]


@given(made=graphs(MODELS), want=wanted, focus=st.integers(1, MODELS), depth=st.integers(1, 5))
@fast
def test_a_neighbourhood_is_what_a_search_reaches(made, want, focus, depth):
    up, down = defaultdict(set), defaultdict(set)
    for edge in passable(made, want, focus):
        up[edge.child].add(edge.parent)
        down[edge.parent].add(edge.child)
    chosen = neighbourhood(made.graph, focus, Around(BOTH, depth, 100, 0), want)
    expected = reached(focus, up, depth) | reached(focus, down, depth)
    assert sorted(chosen.models.tolist()) == sorted(expected)
    assert not chosen.truncated


def drawn_map(made: Drawn, focus: int, asked: Around, want: Wanted) -> Picture:
    chosen = neighbourhood(made.graph, focus, asked, want)
    return picture(made.graph, chosen, focus, want, "layers")


@given(
    made=graphs(MODELS),
    want=wanted,
    focus=st.integers(1, MODELS),
    collapse=st.integers(1, 3),
    limit=st.integers(1, MODELS),
)
@fast
def test_every_child_is_shown_or_counted(made, want, focus, collapse, limit):
    shown = drawn_map(made, focus, Around(("descendants",), 1, limit, collapse), want)
    models = set(shown.models.tolist())
    children = {e.child for e in passable(made, want, focus) if e.parent == focus}
    assert models - {focus} <= children
    assert len(models) <= limit
    assert int(shown.clusters.count.sum()) == len(children - models)
    assert {shown.models[parent] for parent in shown.clusters.parent.tolist()} <= {focus}
    if len(models) < limit:
        by_relation = defaultdict(set)
        for e in passable(made, want, focus):
            if e.parent == focus:
                by_relation[e.relation].add(e.child)
        for group in by_relation.values():
            assert len(group & models) >= min(len(group), collapse)


@given(made=graphs(MODELS), want=wanted, focus=st.integers(1, MODELS))
@fast
def test_the_edges_of_a_map_are_all_those_between_its_models(made, want, focus):
    shown = drawn_map(made, focus, Around(BOTH, 3, 100, 2), want)
    models = shown.models.tolist()
    joined = [(models[c], models[p]) for c, p in zip(shown.child, shown.parent, strict=True)]
    assert len(joined) == len(set(joined))
    edges = kept_edges(made, Wanted(want.where))
    assert set(joined) == {(e.child, e.parent) for e in edges if {e.child, e.parent} <= {*models}}


@given(made=graphs(MODELS), limit=st.integers(1, MODELS))
@fast
def test_an_overview_has_the_models_with_the_most_children(made, limit):
    chosen = overview(made.graph, limit, Wanted())
    children = made.graph.models.children_count
    order = sorted(range(1, MODELS + 1), key=lambda n: (-children[n], n))
    assert chosen.models.tolist() == order[:limit]
    assert chosen.truncated == (limit < MODELS)


@given(made=graphs(MODELS), want=wanted)
@fast
def test_a_filtered_overview_has_the_models_of_the_edges_that_are_kept(made, want):
    chosen = overview(made.graph, 100, want)
    fits = fitting(made, want) - {0}
    if want.where is not None:
        edges = kept_edges(made, Wanted(want.where))
        fits &= {end for edge in edges for end in (edge.child, edge.parent)}
    assert set(chosen.models.tolist()) == fits


@given(made=graphs(MODELS, weights=True))
@fast
def test_kind_and_family_follow_the_edge_that_says_most(made):
    every = numbers(*range(1, MODELS + 1))

    def says(edge) -> tuple:
        weight = min(max(edge.weight or 0, 0), 1)
        return (edge.relation != "unknown", edge.role == "base", weight, -edge.parent)

    main = {n: max((e for e in made.edges if e.child == n), key=says, default=None) for n in every}

    def family(n: int) -> int:
        return n if main[n] is None else family(main[n].parent)

    kinds = [KINDS[kind] for kind in kinds_of(made.graph, every)]
    assert kinds == ["original" if main[n] is None else main[n].relation for n in every]
    assert families_of(made.graph, every).tolist() == [family(n) for n in every]


@given(
    values=st.lists(st.sampled_from([-1, 0, 0, 1, 2, 3, 65535, 65536, 65537, 900000])),
    limit=st.integers(1, 12),
)
@fast
def test_the_largest_values_are_found(values, limit):
    order = sorted(
        (at for at, value in enumerate(values) if value >= 0), key=lambda at: (-values[at], at)
    )
    assert largest(np.array(values, np.int64), limit).tolist() == order[:limit]
