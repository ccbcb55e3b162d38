"""The catalogue in memory finds, sorts and counts what looking at each recipe does."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from typing import get_args

import pytest
from entries import entries, matches, queries, relevance, seen, viewpoints
from hypothesis import given
from hypothesis import strategies as st

from mergehub.kit.replica import log
from registry.search.answering.counting import FIELDS, counts
from registry.search.answering.matching import matching
from registry.search.answering.ranking import Place, Sort, page
from registry.search.answering.spans import SPANS, span_counts
from registry.search.bitmaps.arrays import slots_of
from registry.search.catalogue import values
from registry.search.catalogue.catalogue import Catalogue, GrowingCatalogue
from registry.search.catalogue.entry import VALUES, Entry
from registry.search.catalogue.sight import EVERYBODY, Viewpoint
from registry.search.language.parsing import parsed
from registry.search.query import Among, Query, Term, Within
from registry.search.replica.following import Follower
from registry.search.words import words_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOST = 7  # recipes

batches = st.lists(st.lists(entries(st.integers(0, MOST)), max_size=4), max_size=5)
removed = st.sets(st.integers(0, MOST), max_size=2)
known = st.dictionaries(st.integers(0, MOST), st.sampled_from((3e9, 7e9, 7.24e9)), max_size=MOST)
gained = st.dictionaries(st.integers(0, MOST), st.sampled_from((-1.0, 0.3, 2.5)), max_size=MOST)


def filled(batches: list[list[Entry]], gone: set[int]) -> tuple[GrowingCatalogue, dict[int, Entry]]:
    """A catalogue that learned batch after batch, and the recipes that there are now."""
    growing, current = GrowingCatalogue(), {}
    for batch in batches:
        last = {entry.number: entry for entry in batch}
        growing.put(list(last.values()))
        current |= last
    growing.remove(sorted(gone))
    return growing, {number: each for number, each in current.items() if number not in gone}


def found_by(catalogue: Catalogue, query: Query, viewpoint: Viewpoint) -> list[int]:
    slots = slots_of(matching(catalogue, query, viewpoint))
    return sorted(catalogue.column("number")[slots].tolist())


@given(batches, removed, known, gained, st.lists(queries, min_size=1, max_size=5), viewpoints)
def test_a_search_finds_what_looking_at_each_recipe_finds(
    batches: list[list[Entry]],
    gone: set[int],
    sizes: dict[int, float],
    uplifts: dict[int, float],
    asked: list[Query],
    viewpoint: Viewpoint,
) -> None:
    growing, current = filled(batches, gone)
    growing.learn("size", sizes)
    growing.learn("uplift", uplifts)
    state = growing.state(1, NOW)
    for query in asked:
        expected = [
            number
            for number, entry in sorted(current.items())
            if seen(entry, viewpoint) and matches(entry, query, _later(number, sizes, uplifts))
        ]
        assert found_by(state, query, viewpoint) == expected


@pytest.mark.parametrize("few", [0, 100])
@given(batches, removed, st.lists(queries, min_size=1, max_size=5), viewpoints)
def test_what_many_models_have_is_found_as_well(
    few: int,
    batches: list[list[Entry]],
    gone: set[int],
    asked: list[Query],
    viewpoint: Viewpoint,
) -> None:
    growing, current = filled(batches, gone)
    state = growing.state(1, NOW)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(values, "MANY", -1)
        patched.setattr(values, "FEW", few)
        patched.setattr(values, "AT_ONCE", 2)
        found = [found_by(state, query, viewpoint) for query in asked]
    for numbers, query in zip(found, asked, strict=True):
        expected = [
            number
            for number, entry in sorted(current.items())
            if seen(entry, viewpoint) and matches(entry, query, _later(number, {}, {}))
        ]
        assert numbers == expected


@given(batches, removed, viewpoints)
def test_bases_that_are_prepared_are_found_as_others(
    batches: list[list[Entry]], gone: set[int], viewpoint: Viewpoint
) -> None:
    growing, current = filled(batches, gone)
    state = growing.state(1, NOW)
    query = Query((Among("base", ("mistral",)),))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(values, "MANY", -1)
        patched.setattr(values, "FEW", 0)
        state.values.prepare(state.size)
        found = found_by(state, query, viewpoint)
    expected = [
        number
        for number, entry in sorted(current.items())
        if seen(entry, viewpoint) and matches(entry, query, {})
    ]
    assert found == expected


def _later(number: int, sizes: dict[int, float], uplifts: dict[int, float]) -> dict[str, float]:
    each = {"size": sizes.get(number), "uplift": uplifts.get(number)}
    return {name: value for name, value in each.items() if value is not None}


@given(batches, removed, gained, queries, viewpoints, st.sampled_from(get_args(Sort)))
def test_pages_put_together_are_all_results_in_their_order(
    batches: list[list[Entry]],
    gone: set[int],
    uplifts: dict[int, float],
    query: Query,
    viewpoint: Viewpoint,
    sort: Sort,
) -> None:
    growing, current = filled(batches, gone)
    growing.learn("uplift", uplifts)
    growing.learn("trending", uplifts)
    state = growing.state(1, NOW)
    found = matching(state, query, viewpoint)
    shown: list[Place] = []
    while more := page(state, found, query, sort, shown[-1] if shown else None, 2):
        shown += more

    def key(number: int) -> float:
        entry = current[number]
        if sort == "relevance":
            return relevance(entry, query)
        if sort in ("uplift", "trending"):
            return uplifts.get(number, -math.inf)
        return entry.created if sort == "new" else getattr(entry, sort)

    numbers = found_by(state, query, viewpoint)
    expected = sorted(numbers, key=lambda number: (key(number), number), reverse=True)
    assert [each.number for each in shown] == expected


@given(batches, removed, known, gained, viewpoints)
def test_each_range_counts_what_a_search_for_it_finds(
    batches: list[list[Entry]],
    gone: set[int],
    sizes: dict[int, float],
    uplifts: dict[int, float],
    viewpoint: Viewpoint,
) -> None:
    growing, _ = filled(batches, gone)
    growing.learn("size", sizes)
    growing.learn("uplift", uplifts)
    state = growing.state(1, NOW)
    found = found_by(state, Query(()), viewpoint)
    counted = span_counts(state, matching(state, Query(()), viewpoint))
    for field, ranges in SPANS.items():
        searched = {v: len(found_by(state, parsed(f"{field}:{v}"), viewpoint)) for v in ranges}
        assert dict(counted[field]) == {v: count for v, count in searched.items() if count}
    assert sum(count for _, count in counted["size"]) == len(sizes.keys() & set(found))
    assert sum(count for _, count in counted["ingredients"]) == len(found)


@pytest.mark.parametrize("few", [0, 100])
@given(batches=batches, gone=removed, query=queries, viewpoint=viewpoints, most=st.integers(1, 4))
def test_facets_are_the_most_frequent_values_with_exact_counts(
    few: int,
    batches: list[list[Entry]],
    gone: set[int],
    query: Query,
    viewpoint: Viewpoint,
    most: int,
) -> None:
    growing, current = filled(batches, gone)
    state = growing.state(1, NOW)
    found = matching(state, query, viewpoint)
    shown = counts(state, found, most, few)
    numbers = found_by(state, query, viewpoint)
    exact: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
    for number in numbers:
        entry = current[number]
        for field, value in {(f, v) for f, of in VALUES.items() for v in of(entry)}:
            if field in exact:
                exact[field][value] += 1
    for field, pairs in shown.items():
        assert all(exact[field][value] == count for value, count in pairs)
        largest = sorted(exact[field].values(), reverse=True)[:most]
        assert [count for _, count in pairs] == largest


@given(batches, queries, viewpoints, st.lists(entries(st.integers(0, MOST)), max_size=4))
def test_a_question_keeps_the_state_that_it_began_with(
    batches: list[list[Entry]], query: Query, viewpoint: Viewpoint, later: list[Entry]
) -> None:
    growing, _ = filled(batches, set())
    state = growing.state(1, NOW)
    counted = [each for each in query.conditions if isinstance(each, Within)]
    before = found_by(state, query, viewpoint)
    growing.put(list({entry.number: entry for entry in later}.values()))
    growing.remove([0])
    if not counted:  # counters are written in place
        assert found_by(state, query, viewpoint) == before


@given(st.data())
def test_phrases_of_many_entries_are_found_as_well(data: st.DataObject) -> None:
    """Where many entries have all words, what was found is kept and continued."""
    growing, current = filled(data.draw(batches), set())
    growing.texts.few = 0
    for _ in range(2):
        phrase = Query((Term(("of", "two")),))
        state = growing.state(1, NOW)
        expected = [n for n, each in sorted(current.items()) if matches(each, phrase, {})]
        assert found_by(state, phrase, Viewpoint(all=True)) == expected
        more = {each.number: each for each in data.draw(st.lists(entries(st.integers(0, MOST))))}
        growing.put(list(more.values()))
        current |= more


def test_words_beyond_those_of_one_unit_are_found_in_phrases() -> None:
    growing = GrowingCatalogue()
    entry = replace(ENTRY, description=" ".join(f"w{number}" for number in range(60_000)))
    growing.put([entry, replace(ENTRY, number=2, title="w59998 w59999", name="w59999-w59998")])
    state = growing.state(1, NOW)
    for words, numbers in (("w59998 w59999", [1, 2]), ("w59999 w59998", [2]), ("w1 w3", [])):
        assert found_by(state, Query((Term(words_of(words)),)), EVERYBODY) == numbers


class Held(GrowingCatalogue):
    """A catalogue whose changes wait until they may end, and which counts those that began."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.first, self.go = 0, Event(), Event()

    def learn(self, field: str, values: Mapping[int, float]) -> None:
        self.began += 1
        self.first.set()
        assert self.go.wait(30)
        super().learn(field, values)


async def test_one_change_of_the_catalogue_begins_after_another_ended() -> None:
    growing = Held()
    growing.put([ENTRY])
    follower = Follower(growing, log.Place(0))
    first = asyncio.create_task(follower.learn({"size": {1: 7e9}}))
    await asyncio.to_thread(growing.first.wait)
    second = asyncio.create_task(follower.learn({"uplift": {1: 2.0}}))
    for _ in range(20):  # a thread that the second asked for would begin meanwhile
        await asyncio.to_thread(lambda: None)
    began = growing.began
    growing.go.set()
    await asyncio.gather(first, second)
    assert (began, growing.began) == (1, 2)


ENTRY = Entry(
    number=1, owner="ann", name="soup", title="Soup", description="", tags=(), domains=(),
    licence=None, visibility="public", archived=False, created=0, stars=0, forks=0,
    reproductions=0, methods=("linear",), base=None, ingredients=(), parameters={}, count=2,
    shape="models",
)  # fmt: skip
