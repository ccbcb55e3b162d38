"""Statistics are what counting all edges one by one gives, however the graph came to be."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest
from drawn_graph import METHODS, Drawn, Edge, edge, numbers
from hypothesis import given, settings
from hypothesis import strategies as st
from tries import tries

from lineage.memory import segments
from lineage.memory.columns import RELATIONS, ROLES
from lineage.questions.kinds import KINDS
from lineage.statistics import top
from lineage.statistics.kept import Kept
from lineage.statistics.months import Months
from lineage.statistics.ranked import Pairs, Uses, ends_of
from lineage.statistics.risers import risers
from lineage.statistics.selection import Selection

MODELS = 12
DOMAINS = ([], ["code"], ["code", "maths"], ["maths"])
LICENCES = ("mit", "apache-2.0", None)
fast = settings(max_examples=tries(10), deadline=None, derandomize=True)


@pytest.fixture
def untouched():
    """These tests need no store."""


@pytest.fixture(autouse=True, params=[(4096, 1000), (1, 2)], ids=["usual sizes", "tiny sizes"])
def sizes(request, monkeypatch):
    """With the usual sizes all that these tests draw fits into one segment and one ranking."""
    monkeypatch.setattr(segments, "SMALL", request.param[0])
    monkeypatch.setattr(top, "KEPT", request.param[1])


def dated(models: int) -> st.SearchStrategy[Edge]:
    """Edges on a few days around the end of a month."""
    days = st.sampled_from([-1, 28, 29, 30, 31, 32, 33, 70])
    return st.builds(replace, edge(models), made_on=days)


def some(values: tuple[str, ...]) -> st.SearchStrategy[frozenset[str] | None]:
    return st.none() | st.frozensets(st.sampled_from(values), min_size=1)


selections = st.builds(
    Selection,
    relations=some(RELATIONS),
    roles=some(ROLES),
    methods=some((*METHODS, "never used")),
    since=st.none() | st.integers(20, 40),
    until=st.none() | st.integers(25, 75),
    domains=some(("code", "maths", "cooking")),
    licences=some(("mit", "apache-2.0", "unknown")),
    kinds=some(KINDS),
    base=st.none() | st.integers(1, MODELS),
)
changes = st.lists(st.lists(dated(MODELS), min_size=1, max_size=10), max_size=5)


def empty() -> Drawn:
    made = Drawn()
    facts = {
        n: {"domains": DOMAINS[n % 4], "licence": LICENCES[n % 3]} for n in range(1, MODELS + 1)
    }
    made.models(facts)
    return made


def licence(model: int) -> str:
    return LICENCES[model % 3] or "unknown"


def growing(changes: list[list[Edge]]):
    """The graph after each change."""
    made = empty()
    yield made
    for place, change in enumerate(changes):
        made.add(change, load=place == 0)
        yield made


def kinds_of(made: Drawn) -> dict[int, str]:
    """The kind of each child by its edge that says most; all are equally certain."""

    def says(e: Edge) -> tuple:
        return e.relation != "unknown", e.role == "base", -e.parent

    kinds: dict[int, str] = {}
    for e in sorted(made.edges, key=says, reverse=True):
        kinds.setdefault(e.child, e.relation)
    return kinds


def counted(made: Drawn, selection: Selection) -> list[Edge]:
    """The edges of a selection, one by one."""
    kinds = kinds_of(made) if selection.kinds else {}
    on_base = {e.child for e in made.edges if e.parent == selection.base and e.role == "base"}

    def fits(e: Edge) -> bool:
        bounded = selection.since is not None or selection.until is not None
        return (
            (selection.relations is None or e.relation in selection.relations)
            and (selection.roles is None or e.role in selection.roles)
            and (selection.methods is None or e.method in selection.methods)
            and not (bounded and e.made_on < 0)
            and (selection.since is None or e.made_on >= selection.since)
            and (selection.until is None or e.made_on <= selection.until)
            and (selection.domains is None or selection.domains & set(DOMAINS[e.child % 4]))
            and (selection.licences is None or licence(e.child) in selection.licences)
            and (selection.kinds is None or kinds[e.child] in selection.kinds)
            and (selection.base is None or e.child in on_base)
        )

    return [e for e in made.edges if fits(e)]


def ranking(counts: Counter, limit: int) -> list:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:limit]


def uses(edges: list[Edge]) -> Counter:
    return Counter(parent for _, parent in {(e.child, e.parent) for e in edges})


@given(changes=changes, selection=selections)
@fast
def test_uses_are_the_distinct_children_of_each_parent(changes, selection):
    ranked = Uses(selection)
    for made in growing(changes):
        expected = ranking(uses(counted(made, selection)), 2)
        assert ranked.largest(made.graph, 2) == expected


@given(changes=changes, selection=selections)
@fast
def test_pairs_are_the_children_that_have_both_parents(changes, selection):
    ranked = Pairs(selection)
    for made in growing(changes):
        parents = defaultdict(set)
        for e in counted(made, selection):
            parents[e.child].add(e.parent)
        pairs = Counter(pair for each in parents.values() for pair in combinations(sorted(each), 2))
        found = [(ends_of(pair), count) for pair, count in ranked.largest(made.graph, 2)]
        assert found == ranking(pairs, 2)


def month(day: int) -> int:
    if day < 0:
        return -1
    made = date(1970, 1, 1) + timedelta(days=day)
    return (made.year - 1970) * 12 + made.month - 1


@given(changes=changes, selection=selections)
@fast
def test_months_are_the_distinct_children_by_method_and_month(changes, selection):
    months = Months(selection)
    for made in growing(changes):
        children = {(month(e.made_on), e.method, e.child) for e in counted(made, selection)}
        expected = Counter((when, method) for when, method, _ in children)
        found = [((row.month, row.method), row.count) for row in months.counts(made.graph)]
        assert found == sorted(expected.items())


@given(changes=changes, selection=selections, until=st.integers(25, 75), days=st.integers(1, 9))
@fast
def test_risers_are_those_whose_uses_grew(changes, selection, until, days):
    *_, made = growing(changes)
    recent, before = (
        uses(counted(made, replace(selection, since=end - days + 1, until=end)))
        for end in (until, until - days)
    )
    growth = {n: recent[n] - before[n] for n in recent if recent[n] > before[n]}
    expected = sorted(growth, key=lambda n: (-growth[n], -recent[n], n))[:3]
    found = risers(made.graph, selection, until, days, 3)
    assert [each.model for each in found] == expected
    assert [(each.recent, each.before) for each in found] == [
        (recent[n], before[n]) for n in expected
    ]


@given(changes=changes, later=st.lists(dated(MODELS), min_size=1, max_size=8))
@fast
def test_what_is_learned_anew_about_an_edge_counts_at_once(changes, later):
    """A stronger claim changes an edge in its place: here, its relation and its method."""
    made = empty()
    for place, change in enumerate([*changes, later]):
        made.add(change, load=place == 0)
    selection = Selection(relations=frozenset({"merge"}), methods=frozenset({"ties"}))
    ranked, months = Uses(selection), Months(selection)
    ranked.largest(made.graph, 3)
    months.counts(made.graph)
    edges = made.graph.edges
    made.growing.put_edges(
        {
            "id": edges.id[-1:],
            "child": edges.child[-1:],
            "parent": edges.parent[-1:],
            "relation": np.array([RELATIONS.index("merge")], np.uint8),
            "method": np.array([made.growing.codes.method.code("ties")], np.uint16),
        }
    )
    again = made.graph
    assert ranked.largest(again, 3) == Uses(selection).largest(again, 3)
    assert months.counts(again) == Months(selection).counts(again)
    counted = dict(ranked.largest(again, top.KEPT))
    assert edges.parent[-1] in counted or len(counted) == top.KEPT  # others may fill the places


def test_a_model_that_gets_a_domain_counts_there_at_once():
    made = empty()
    made.add([Edge(4, 1)], load=True)
    ranked = Uses(Selection(domains=frozenset({"code"})))
    assert ranked.largest(made.graph, 9) == []
    code = made.growing.codes.domains.code("code")
    made.growing.put_models(
        numbers(4), made.growing.names.add(["org/coder"]), {"domains": np.array([code])}
    )
    assert ranked.largest(made.graph, 9) == [(1, 1)]


def test_a_model_that_gets_a_licence_counts_there_at_once_and_others_are_not_counted_anew():
    made = empty()
    made.add([Edge(4, 1)], load=True)
    ranked = Uses(Selection(licences=frozenset({"bsd"})))
    assert ranked.largest(made.graph, 9) == []
    before = made.graph.revision
    bsd = made.growing.codes.licence.code("bsd")
    made.growing.put_models(
        numbers(4), made.growing.names.add(["org/coder"]), {"licence": np.array([bsd])}
    )
    assert ranked.largest(made.graph, 9) == [(1, 1)]
    assert made.graph.revision == before


def test_a_model_of_another_kind_takes_its_uses_along():
    made = empty()
    made.add([Edge(4, 1), Edge(5, 1), Edge(5, 2)], load=True)
    merged, tuned = (Uses(Selection(kinds=frozenset({each}))) for each in ("merge", "finetune"))
    assert merged.largest(made.graph, 9) == [(1, 2), (2, 1)]
    assert tuned.largest(made.graph, 9) == []
    made.add([Edge(5, 3, "finetune", "base")])
    assert merged.largest(made.graph, 9) == [(1, 1)]
    assert tuned.largest(made.graph, 9) == [(1, 1), (2, 1), (3, 1)]


def test_a_model_is_of_another_kind_at_once_if_an_edge_is_more_certain():
    made = empty()
    made.add([Edge(4, 1, "finetune"), Edge(4, 2, "merge")], load=True)
    merged = Uses(Selection(kinds=frozenset({"merge"})))
    assert merged.largest(made.graph, 9) == []
    edges, before = made.graph.edges, made.graph.revision
    certain = {"confidence": np.array([90], np.uint8)}
    ends = {name: getattr(edges, name)[1:2] for name in ("id", "child", "parent")}
    made.growing.put_edges(ends | certain)
    assert merged.largest(made.graph, 9) == [(1, 1), (2, 1)]
    assert made.graph.revision == before


def test_the_statistics_that_are_asked_for_most_stay():
    made: list[str] = []
    kept = Kept(lambda key: made.append(key) or key, most=2)
    for key in "abacab":
        assert kept.get(key) == key
    assert made == ["a", "b", "c", "b"]
