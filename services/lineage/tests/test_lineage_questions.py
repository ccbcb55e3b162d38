"""Every question about random graphs has the answer that networkx or a plain search gives."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from drawn_graph import Drawn, Edge, drawn, graphs, name_of, numbers
from hypothesis import given
from hypothesis import strategies as st
from when_used import when_used

from lineage.memory.columns import RELATIONS
from lineage.memory.filters import EdgeFilter
from lineage.questions import levels
from lineage.questions import licences as licence_question
from lineage.questions.ancestry import ancestry
from lineage.questions.common import common_ancestors
from lineage.questions.contamination import flagged_ancestors
from lineage.questions.neighbours import FROM_FIRST, neighbours
from lineage.questions.paths import shortest_paths
from lineage.questions.shares import COMPARING, MERGING_BASE, WITHOUT_BASE, shares
from lineage.questions.walks import FROM_START, SIDES, bands, is_short, walk_page
from mergehub.contracts.licences.identifiers import IDENTIFIERS
from mergehub.contracts.licences.terms import TERMS, broken, exclude
from mergehub.recipe.methods import catalogue

nx = when_used("networkx")

MODELS = range(1, 13)
model = st.integers(1, 12)
relations = st.none() | st.frozensets(st.integers(0, 5), min_size=1)


@pytest.fixture
def untouched():
    """These tests need no store."""


@pytest.fixture(autouse=True, params=[4096, 2], ids=["few", "many"])
def few(request, monkeypatch):
    """With the usual number all that these tests draw would be looked for among sorted numbers."""
    monkeypatch.setattr(levels, "FEW", request.param)


def plain(made: Drawn, kept: frozenset[int] | None = None) -> Any:
    """The edges that a filter keeps, once for each two models, from child to parent."""
    graph = nx.DiGraph()
    graph.add_nodes_from(MODELS)
    graph.add_edges_from(
        (each.child, each.parent)
        for each in made.edges
        if kept is None or RELATIONS.index(each.relation) in kept
    )
    return graph


def distances(graph: Any, start: int, way: str) -> dict[int, int]:
    up = nx.single_source_shortest_path_length(graph, start)
    down = nx.single_source_shortest_path_length(graph.reverse(), start)
    return dict({"ancestors": up, "descendants": down, "relatives": {**up, **down}}[way])


ways = st.sampled_from(["ancestors", "descendants", "relatives"])


@given(made=graphs(), start=model, way=ways, kept=relations)
def test_a_walk_reaches_each_model_at_its_distance(made, start, way, kept):
    found = [band for _, band in bands(made.graph, start, way, EdgeFilter(relations=kept))]
    reached = [(int(each), band.depth) for band in found for each in band.models]
    assert dict(reached) == distances(plain(made, kept), start, way)
    assert len(reached) == len(dict(reached))


@given(
    made=graphs(),
    start=model,
    way=ways,
    kept=relations,
    limit=st.integers(1, 5),
    max_depth=st.none() | st.integers(1, 3),
)
def test_the_pages_of_a_walk_are_the_walk(made, start, way, kept, limit, max_depth):
    """All its models, nearest first, and each edge between them once, with its later end."""
    graph, where, after = made.graph, EdgeFilter(relations=kept), FROM_START
    models, edges, truncated = [], [], True
    while after is not None:
        page = walk_page(graph, start, way, where, max_depth, after, limit)
        shown = [(int(each), band.depth) for band in page.bands for each in band.models]
        assert len(shown) <= limit
        models += shown
        known = {each for each, _ in models}
        new = {each for each, _ in shown}
        for edge in page.edges:
            ends = {int(graph.edges.child[edge]), int(graph.edges.parent[edge])}
            assert ends <= known
            assert ends & new
        edges += page.edges.tolist()
        after, truncated = page.end, page.truncated
    whole = distances(plain(made, kept), start, way)
    near = {each: d for each, d in whole.items() if max_depth is None or d <= max_depth}
    assert dict(models) == near
    assert [d for _, d in models] == sorted(near.values())
    assert truncated == (len(near) < len(whole))
    between = [
        (each.child, each.parent)
        for each in made.edges
        if {each.child, each.parent} <= near.keys()
        and (kept is None or RELATIONS.index(each.relation) in kept)
    ]
    found = [(int(graph.edges.child[edge]), int(graph.edges.parent[edge])) for edge in edges]
    assert sorted(found) == sorted(between)


@given(made=graphs(), start=model, kept=relations)
def test_an_ancestry_has_a_shortest_path_to_each_ancestor(made, start, kept):
    found, graph = ancestry(made.graph, start, EdgeFilter(relations=kept)), plain(made, kept)
    whole = distances(graph, start, "ancestors")
    assert dict(zip(found.models.tolist(), found.depths.tolist(), strict=True)) == whole
    for place, ancestor in enumerate(found.models.tolist()):
        path = found.path(place)
        assert (path[0], path[-1], len(path)) == (start, ancestor, whole[ancestor] + 1)
        assert nx.is_path(graph, path)


@given(
    made=graphs(), start=model, end=model, kept=relations, ways=st.sampled_from(["lineage", "any"])
)
def test_all_shortest_paths_are_found_and_counted(made, start, end, kept, ways):
    graph = plain(made, kept)
    searched = graph.to_undirected() if ways == "any" else graph
    if ways == "lineage" and not nx.has_path(graph, start, end):
        searched = graph.reverse()
    expected = []
    if nx.has_path(searched, start, end):
        expected = sorted(nx.all_shortest_paths(searched, start, end))
    paths = shortest_paths(made.graph, start, end, ways, EdgeFilter(relations=kept))
    assert paths.count == len(expected)
    assert list(paths.listed(0, 10**6)) == expected
    assert list(paths.listed(1, 2)) == expected[1:3]
    steps = {frozenset(step) for path in expected for step in pairwise(path)}
    edges = made.graph.edges
    assert {
        frozenset((int(edges.child[each]), int(edges.parent[each]))) for each in paths.edges
    } == steps


def test_a_ladder_has_too_many_paths_to_list_and_is_counted():
    made = drawn(
        Edge(3 * rung + child, 3 * rung + parent - 3)
        for rung in range(1, 60)
        for child in (1, 2, 3)
        for parent in (1, 2, 3)
    )
    paths = shortest_paths(made.graph, 3 * 59 + 1, 1)
    assert paths.count == 3**58
    assert len(list(paths.listed(3**57, 3))) == 3


@given(made=graphs(), asked=st.lists(model, min_size=1, max_size=4))
def test_common_ancestors_have_their_distances_and_the_nearest_comes_first(made, asked):
    found = common_ancestors(made.graph, asked)
    each = [distances(plain(made), one, "ancestors") for one in asked]
    shared = set.intersection(*(set(one) for one in each))
    assert dict(zip(found.models.tolist(), found.distances.T.tolist(), strict=True)) == {
        ancestor: [one[ancestor] for one in each] for ancestor in shared
    }
    order = [(max(column), sum(column)) for column in found.distances.T.tolist()]
    assert order == sorted(order)


def is_merged(edge: Edge, beside: int, bare: bool) -> bool:
    """Whether a parent is an ingredient, or a base that is merged as one."""
    if edge.role == "ingredient" or (edge.method == "slerp" and beside < 2):
        return True
    if edge.method == "linear" and bare:
        return True
    return edge.weight is not None and edge.method != "ties"


def expected_shares(made: Drawn, start: int) -> dict[int, Fraction]:
    """The rule by recursion, in fractions."""
    graph, passing = plain(made), defaultdict(Fraction)

    def votes(child: int) -> dict[int, Fraction]:
        # the latest ingredient edge to each parent counts, or else the latest other one
        edges = [each for each in made.edges if each.child == child]
        chosen = {each.parent: each for each in edges if each.role == "base"}
        chosen |= {each.parent: each for each in edges if each.role == "ingredient"}
        stated = [each for each in chosen.values() if each.role == "ingredient"]
        bare = all(each.weight is None for each in stated)
        parts = [each for each in chosen.values() if is_merged(each, len(stated), bare)]
        if not parts:
            return dict.fromkeys(chosen, Fraction(1))
        known = [abs(Fraction(each.weight)) for each in parts if each.weight is not None]
        mean = sum(known) / len(known) if known else Fraction(1)
        return {
            each.parent: mean if each.weight is None else abs(Fraction(each.weight))
            for each in parts
        }

    passing[start] = Fraction(1)
    for child in nx.topological_sort(graph.subgraph(nx.descendants(graph, start) | {start})):
        handed = votes(child)
        for parent, vote in handed.items():
            passing[parent] += passing[child] * vote / sum(handed.values())
    return passing


@given(made=graphs(weights=True), start=model)
def test_shares_follow_the_rule_and_those_of_origins_make_one(made, start):
    found, expected = shares(made.graph, start), expected_shares(made, start)
    for each, share in zip(found.models.tolist(), found.shares.tolist(), strict=True):
        assert share == pytest.approx(float(expected[each]), abs=1e-9)
    assert found.shares[found.origins].sum() == pytest.approx(1)
    origins = {each for each in MODELS if not plain(made).out_degree(each)}
    assert set(found.models[found.origins].tolist()) == origins & set(found.models.tolist())


def test_weights_of_zero_give_equal_parts_and_negative_ones_count_by_their_size():
    even = drawn([Edge(3, 1, weight=0.0), Edge(3, 2, weight=0.0)])
    assert dict(zip(*each_share(even, 3), strict=True)) == {3: 1.0, 1: 0.5, 2: 0.5}
    negative = drawn([Edge(3, 1, weight=-1.0), Edge(3, 2, weight=3.0)])
    assert dict(zip(*each_share(negative, 3), strict=True)) == {3: 1.0, 1: 0.25, 2: 0.75}


@pytest.mark.parametrize(
    ("method", "weights", "share"),
    [
        ("linear", (0.75, 0.25), 0.75),
        ("linear", (None, 0.25), 0),
        ("slerp", (None, None), 0.5),
        ("slerp", (0.75, 0.25), 0.75),
        ("passthrough", (None, None), 0.5),
        ("ties", (0.75, 0.25), 0),
        ("ties", (None, None), 0),
        ("their-own", (0.75, 0.25), 0.75),
        ("their-own", (None, None), 0),
    ],
)
def test_a_base_that_is_merged_itself_counts_as_an_ingredient(method, weights, share):
    base, other = weights
    made = drawn(
        [
            Edge(3, 1, role="base", method=method, weight=base),
            Edge(3, 2, method=method, weight=other),
        ]
    )
    found = dict(zip(*each_share(made, 3), strict=True))
    assert found == {3: 1, 1: share, 2: 1 - share}


def test_weights_count_where_nothing_says_how_the_models_are_related():
    said = {"relation": "unknown", "role": "base"}
    made = drawn([Edge(3, 1, weight=0.75, **said), Edge(3, 2, weight=0.25, **said)])
    assert dict(zip(*each_share(made, 3), strict=True)) == {3: 1, 1: 0.75, 2: 0.25}


def test_each_method_of_the_catalogue_has_its_way_with_a_base():
    ways: dict[str, set[str]] = defaultdict(set)
    for name, spec in catalogue().items():
        ways[spec.base].add(name)
    assert ways["required"] | ways["optional"] == COMPARING
    assert ways["member"] == MERGING_BASE.keys()
    assert ways["none"] == WITHOUT_BASE


def test_a_base_for_which_slerp_has_no_place_gets_nothing():
    others = [Edge(4, 1, method="slerp"), Edge(4, 2, method="slerp")]
    made = drawn([*others, Edge(4, 3, role="base", method="slerp")])
    assert dict(zip(*each_share(made, 4), strict=True)) == {4: 1, 1: 0.5, 2: 0.5, 3: 0}


def each_share(made: Drawn, start: int) -> tuple[list[int], list[float]]:
    found = shares(made.graph, start)
    return found.models.tolist(), found.shares.tolist()


@given(made=graphs(), start=model)
def test_flags_are_inherited_with_a_path(made, start):
    graph = plain(made)
    found = flagged_ancestors(made.graph, start)
    whole = distances(graph, start, "ancestors")
    assert {each.model for each in found} == {
        ancestor for ancestor in whole if made.plain.nodes[ancestor]["flagged"]
    }
    for each in found:
        assert nx.is_path(graph, each.path)
        assert len(each.path) == whole[each.model] + 1


@given(made=graphs(), start=model)
def test_licences_are_inherited_and_each_broken_one_has_its_path(made, start):
    graph, licence = plain(made), lambda each: made.plain.nodes[each]["licence"]
    lines = {each: set(nx.descendants(graph, each)) for each in MODELS}
    family = lines[start] | {start}
    found = licence_question.licences(made.graph, start)
    assert {each.licence: each.count for each in found.inherited} == {
        text: sum(licence(each) == text for each in family)
        for text in {licence(each) for each in family} - {""}
    }
    assert found.unknown == sum(not licence(each) for each in family)
    expected = {
        licence(holder)
        for each in family
        for holder in lines[each]
        if licence(each) and broken(licence(holder), licence(each))
    }
    assert {conflict.broken for conflict in found.conflicts} == expected
    for conflict in found.conflicts:
        assert nx.is_path(graph, conflict.path)
        assert (conflict.path[0], licence(conflict.path[-1])) == (start, conflict.broken)
        assert conflict.by in conflict.path
        assert licence(conflict.by) == conflict.licence
        assert broken(conflict.broken, conflict.licence) == conflict.reason
    above = {licence(each) for each in lines[start]}
    assert {each.licence for each in found.forbidding} == above & {"cc-by-nd-4.0"}
    excluding = {frozenset(("gpl-3.0", other)) for other in ("llama3", "cc-by-nc-4.0")}
    assert {frozenset((each.one.licence, each.other.licence)) for each in found.exclusions} == {
        pair for pair in excluding if pair <= above
    }


@pytest.mark.parametrize(
    ("ancestor", "licence", "kept"),
    [
        ("apache-2.0", "cc-by-nc-4.0", True),
        ("MIT", "llama3", True),
        ("open-mdw", "apache-2.0", True),
        ("llama3", "llama3", True),
        ("llama3", "apache-2.0", False),
        ("llama3", "llama3.1", False),
        ("llama2", "cc-by-nc-4.0", False),
        ("gemma", "mit", False),
        ("creativeml-openrail-m", "openrail++", False),
        ("qwen", "apache-2.0", False),
        ("llama3", "other", True),  # cards say so and mean Llama's
        ("gpl-3.0", "other", True),
        ("cc-by-nc-4.0", "apache-2.0", False),
        ("cc-by-nc-4.0", "llama3", False),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", True),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", False),
        ("cc-by-nc-sa-2.0", "cc-by-nc-sa-4.0", True),
        ("cc-by-nc-4.0", "my-own", True),
        ("mrl", "cc-by-nc-4.0", False),
        ("mrl", "apache-2.0", False),
        ("deepfloyd-if-license", "mit", False),
        ("cc-by-nd-4.0", "mit", False),
        ("cc-by-nd-4.0", "cc-by-nd-4.0", True),  # it may be a copy in another format
        ("gpl-3.0", "agpl-3.0", True),
        ("agpl-3.0", "gpl-3.0", False),
        ("gpl", "gpl-2.0", True),
        ("my-own", "mit", True),
    ],
)
def test_what_a_licence_demands(ancestor, licence, kept):
    assert (broken(ancestor, licence) is None) == kept


def test_the_licences_with_terms_are_those_with_identifiers():
    assert set(TERMS) == set(IDENTIFIERS)


@pytest.mark.parametrize(
    ("one", "other", "excluding"),
    [
        ("llama3", "gemma", False),  # both may go along
        ("llama3", "cc-by-nc-4.0", False),
        ("llama3", "apache-2.0", False),
        ("mrl", "llama3.1", False),
        ("gpl-3.0", "llama3", True),
        ("cc-by-sa-4.0", "gemma", True),
        ("gpl-3.0", "cc-by-nc-4.0", True),
        ("gpl-3.0", "apache-2.0", False),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", False),
        ("cc-by-nc-sa-4.0", "cc-by-sa-4.0", True),
        ("cc-by-sa-4.0", "gpl-3.0", False),
        ("mpl-2.0", "lgpl-2.1", False),  # both may become the GPL's
        ("osl-3.0", "gpl-3.0", True),
        ("osl-3.0", "eupl-1.2", False),
        ("gpl-3.0", "other", False),
        ("gpl-3.0", "GPL-3.0", False),
    ],
)
def test_which_licences_no_licence_of_a_merge_keeps_both(one, other, excluding):
    assert exclude(one, other) == exclude(other, one) == excluding


@given(
    made=graphs(),
    start=model,
    direction=st.sampled_from(["ancestors", "descendants"]),
    kept=relations,
    after=st.integers(0, 3),
)
def test_neighbours_are_direct_ones_with_counts_by_relation(made, start, direction, kept, after):
    graph = made.graph
    found = neighbours(graph, start, direction, EdgeFilter(relations=kept))
    here, there = ("child", "parent") if direction == "ancestors" else ("parent", "child")
    expected = defaultdict(set)
    for each in made.edges:
        if getattr(each, here) == start and (
            kept is None or RELATIONS.index(each.relation) in kept
        ):
            expected[each.relation].add(getattr(each, there))
    assert found.counts == {relation: len(models) for relation, models in expected.items()}
    assert sorted(found.models.tolist()) == sorted(set().union(*expected.values()))
    assert graph.ends(found.edges, direction).tolist() == found.models.tolist()
    positions = list(found.from_place(graph, FROM_FIRST, None))
    assert positions == list(range(len(found.models)))
    if after < len(found.models):
        model = found.models[after]
        place = (-int(graph.models.children_count[model]), int(model))
        assert list(found.from_place(graph, place, None)) == positions[after + 1 :]


def test_neighbours_with_many_children_come_first_and_can_be_searched():
    grandchildren = [Edge(5, 2), Edge(6, 3), Edge(7, 3)]
    made = drawn([Edge(2, 1), Edge(3, 1), Edge(4, 1), *grandchildren])
    graph = made.graph
    found = neighbours(graph, 1, "descendants")
    assert found.models.tolist() == [3, 2, 4]
    [position] = found.from_place(graph, FROM_FIRST, name_of(2).upper()[:12])
    assert found.models[position] == 2
    assert list(islice(found.from_place(graph, (-1, 2), None), 3)) == [2]


@given(made=graphs(), start=model, way=ways)
def test_a_short_walk_ends_after_a_step(made, start, way):
    depth = max(band.depth for _, band in bands(made.graph, start, way))
    assert depth <= 1 or not is_short(made.graph, start, way)


def test_a_walk_is_short_if_there_are_few_edges_and_none_after_them():
    graph = drawn([Edge(2, 1), Edge(3, 2), *(Edge(each, 9) for each in range(10, 50))]).graph
    short = [(number, way) for number in (1, 2, 3, 9, 10) for way in SIDES]
    assert {each for each in short if is_short(graph, *each)} == {
        (1, "ancestors"),
        (2, "ancestors"),
        (2, "descendants"),
        (2, "relatives"),
        (3, "descendants"),
        (9, "ancestors"),
        (10, "ancestors"),
        (10, "descendants"),
        (10, "relatives"),
    }


def test_a_walk_from_a_hub_stops_as_soon_as_its_page_is_full():
    made = drawn([Edge(number, 1) for number in range(2, 3000)] + [Edge(4000, 2)])
    page = walk_page(made.graph, 1, "descendants", limit=10)
    assert [len(band.models) for band in page.bands] == [1, 9]
    assert page.end == (1, 0, 10)
    assert np.array_equal(made.graph.edges.child[page.edges], numbers(*range(2, 11)))
