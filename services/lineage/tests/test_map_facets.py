"""Facets are what counting the models of a map one by one gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from drawn_graph import LICENCES, Drawn, graphs, numbers
from hypothesis import given, settings
from hypothesis import strategies as st
from tries import tries

from lineage.facets import current, naming, pieces
from lineage.facets.counting import counted
from lineage.facets.current import Current
from lineage.facets.naming import named
from lineage.facets.schemas import Facet
from lineage.map.wanted import Wanted
from lineage.memory import segments
from lineage.memory.columns import RELATIONS
from lineage.memory.filters import EdgeFilter
from lineage.questions.kinds import KINDS, kinds_of
from mergehub.columns.codes import set_text

DOMAINS = ([], ["code"], ["code", "maths"], ["maths"])
fast = settings(max_examples=tries(13), deadline=None, derandomize=True)


@pytest.fixture
def untouched():
    """These tests need no store."""


@pytest.fixture(autouse=True, params=[(4096, 1 << 16), (1, 5)], ids=["usual sizes", "tiny sizes"])
def sizes(request, monkeypatch):
    """With the usual sizes all that these tests draw fits into one segment and one piece."""
    monkeypatch.setattr(segments, "SMALL", request.param[0])
    monkeypatch.setattr(pieces, "MODELS", request.param[1])


def some(most: int) -> st.SearchStrategy[frozenset[int] | None]:
    return st.none() | st.frozensets(st.integers(0, most), min_size=1)


wheres = st.builds(
    EdgeFilter, relations=some(5), methods=some(2), since=st.none() | st.integers(0, 3)
)
filters = st.builds(
    Wanted,
    where=st.none() | wheres,
    licences=some(len(LICENCES) - 1),
    domains=some(3),
    kinds=some(len(KINDS) - 1),
)


@st.composite
def described(draw: st.DrawFn) -> Drawn:
    """A graph whose models have domains, too."""
    made = draw(graphs())
    codes = made.growing.codes.domains
    every = np.flatnonzero(made.graph.models.exists).astype(np.int32)
    drawn = [codes.code(set_text(draw(st.sampled_from(DOMAINS)))) for _ in every]
    values = {"domains": np.array(drawn, np.uint16)}
    made.growing.put_models(every, made.graph.models.name_place[every], values)
    return made


def shown(made: Drawn, wanted: Wanted) -> set[int]:
    """The models that a map of these filters has."""
    graph, kept = made.graph, kept_edges(made, wanted.where)
    models = {n for n in made.plain.nodes if wanted.where is None}
    models |= {end for edge in kept for end in (edge.child, edge.parent)}
    return {
        n
        for n in models
        if (wanted.licences is None or int(graph.models.licence[n]) in wanted.licences)
        and (wanted.domains is None or int(graph.models.domains[n]) in wanted.domains)
        and (wanted.kinds is None or int(kinds_of(graph, numbers(n))[0]) in wanted.kinds)
    }


def kept_edges(made: Drawn, where: EdgeFilter | None) -> list:
    where = where or EdgeFilter()
    method = made.graph.codes.method.find
    return [
        edge
        for edge in made.edges
        if (where.relations is None or RELATIONS.index(edge.relation) in where.relations)
        and (where.methods is None or method(edge.method) in where.methods)
        and (where.since is None or edge.made_on >= where.since)
    ]


def of_children(made: Drawn, wanted: Wanted, fact: str, **without: None) -> Counter[str]:
    """How many wanted children have edges with each value."""
    where = replace(wanted.where or EdgeFilter(), **without)
    models = shown(made, replace(wanted, where=None))
    edges = [each for each in kept_edges(made, where) if each.child in models]
    return Counter(value for _, value in {(each.child, getattr(each, fact)) for each in edges})


def as_counter(facets: list[Facet]) -> Counter[str]:
    assert [-each.models for each in facets] == sorted(-each.models for each in facets)
    return Counter({each.value or "": each.models for each in facets})


@fast
@given(described(), filters)
def test_facets_count_the_models_of_a_map_without_the_filter_by_themselves(made, wanted):
    graph = made.graph
    found = named(graph, counted(graph, wanted))
    methods = of_children(made, wanted, "method", methods=None)
    del methods[""]
    assert as_counter(found.methods) == methods
    assert as_counter(found.relations) == of_children(made, wanted, "relation", relations=None)
    licences = [
        graph.codes.licence[graph.models.licence[n]]
        for n in shown(made, replace(wanted, licences=None))
    ]
    assert as_counter(found.licences) == Counter(licences)
    domains = [
        domain
        for n in shown(made, replace(wanted, domains=None))
        for domain in graph.codes.domains[graph.models.domains[n]].split()
    ]
    assert as_counter(found.domains) == Counter(domains)
    models = np.array(sorted(shown(made, replace(wanted, kinds=None))), np.int32)
    kinds = [KINDS[kind] for kind in kinds_of(graph, models)]
    assert as_counter(found.kinds) == Counter(kinds)


@fast
@given(described(), filters)
def test_dates_span_the_edges_whatever_the_filter_by_date(made, wanted):
    found = named(made.graph, counted(made.graph, wanted)).made_on
    where = replace(wanted.where or EdgeFilter(), since=None)
    models = shown(made, replace(wanted, where=None))
    edges = [each for each in kept_edges(made, where) if each.child in models]
    dated = {each.child for each in edges if each.made_on >= 0}
    days = [each.made_on for each in edges if each.made_on >= 0]
    assert found.unknown == len({each.child for each in edges} - dated)
    first, last = (min(days), max(days)) if days else (None, None)
    epoch = date(1970, 1, 1)
    assert found.first == (None if first is None else epoch + timedelta(first))
    assert found.last == (None if last is None else epoch + timedelta(last))


def test_a_list_ends_after_its_largest_counts(monkeypatch):
    monkeypatch.setattr(naming, "MOST", 1)
    made = Drawn()
    made.models({1: {"licence": "mit"}, 2: {"licence": "mit"}, 3: {"licence": "apache-2.0"}, 4: {}})
    found = named(made.graph, counted(made.graph, Wanted()))
    assert [(each.value, each.models) for each in found.licences] == [("mit", 2)]
    assert (found.more.licences, found.more.methods, found.more.domains) == (2, 0, 0)


def test_a_quick_count_is_that_of_the_present_graph():
    made, facets = Drawn(), Current(Wanted())
    made.models({1: {"licence": "mit"}})
    assert facets.facets(made.graph).licences[0].models == 1
    made.models({2: {"licence": "mit"}})
    assert facets.facets(made.graph).licences[0].models == 2


def test_a_long_count_lasts_while_the_graph_changes_but_not_when_it_is_loaded_anew(monkeypatch):
    monkeypatch.setattr(current, "QUICK_SECONDS", -1.0)
    made, facets = Drawn(), Current(Wanted())
    made.models({1: {"licence": "mit"}})
    assert facets.facets(made.graph).licences[0].models == 1
    made.models({2: {"licence": "mit"}})
    kept = facets.facets(made.graph, lasting=3600)
    assert kept.licences[0].models == 1
    assert facets.facets(made.graph, lasting=0).licences[0].models == 2
    loaded = Drawn()
    loaded.models({1: {"licence": "mit"}})
    assert facets.facets(loaded.graph, lasting=3600).licences[0].models == 1
