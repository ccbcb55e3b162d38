"""What the last word of a search may become."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from entries import entries, matches, queries, seen, viewpoints
from hypothesis import given
from hypothesis import strategies as st

from registry.search.answering.completing import FIELDS, values
from registry.search.answering.matching import matching
from registry.search.catalogue.beginnings import UNSORTED, Beginnings
from registry.search.catalogue.catalogue import GrowingCatalogue
from registry.search.catalogue.entry import Entry
from registry.search.catalogue.sight import Viewpoint
from registry.search.language.beginning import Begun, begun
from registry.search.language.fields import BY_NAME
from registry.search.language.parsing import parsed
from registry.search.language.printing import printed
from registry.search.query import Query
from registry.search.words import words_of


@pytest.mark.parametrize(
    ("text", "before", "beginning", "field", "head"),
    [
        ("", "", "", None, ""),
        ("ger", "", "ger", None, ""),
        ("method:ties ger", "method:ties", "ger", None, "method:ties "),
        ("method:ties -tag:ger", "method:ties", "ger", "tag", "method:ties -"),
        ("tag:maths,ger", "", "ger", "tag", ""),
        ('bse:x "a b" base:"Mis', '"a b"', "Mis", "base", 'bse:x "a b" '),
        ("licence:", "", "", "licence", ""),
        ("license:ap", "", "ap", "licence", ""),
        ("method:ties ", "method:ties", "", None, "method:ties "),
        ("what:x", "", "x", "what", ""),
        ('"a"', "a", "", None, '"a"'),
    ],
)
def test_a_text_is_read_up_to_its_last_word(
    text: str, before: str, beginning: str, field: str | None, head: str
) -> None:
    found = begun(text)
    assert printed(found.before) == before
    assert (found.beginning, found.field, found.head) == (beginning, field, head)


@given(st.text('ab:" ,-<.', max_size=30))
def test_every_text_begins_something(text: str) -> None:
    assert text.startswith(begun(text).head)


def begins(field: str, value: str, beginning: str) -> bool:
    if field not in ("base", "ingredient"):
        return value.startswith(beginning)
    *whole, last = words_of(beginning)
    return {*whole} <= {*words_of(value)} and any(w.startswith(last) for w in words_of(value))


def held(entry: Entry, field: str) -> tuple[str, ...]:
    if field in ("method", "tag", "domain", "ingredient"):
        return getattr(entry, f"{field}s")
    value = getattr(entry, field)
    return (value.lower(),) if value else ()


BEGINNINGS = st.sampled_from(["a", "mis", "7b", "llama-3", "org/mi", "german", "maths 7", "t", "x"])


@given(
    st.lists(entries(st.integers(0, 5)), max_size=8, unique_by=lambda entry: entry.number),
    queries,
    viewpoints,
    BEGINNINGS,
    st.integers(1, 3),
)
def test_the_most_frequent_values_that_the_viewer_sees_are_counted_exactly(
    known: list[Entry], query: Query, viewpoint: Viewpoint, beginning: str, most: int
) -> None:
    growing = GrowingCatalogue()
    growing.put(known)
    catalogue = growing.state(1, datetime.now(UTC))
    found = values(catalogue, Begun(query, beginning, None, ""), viewpoint, most)
    later: dict[str, float] = {}
    shown = [each for each in known if seen(each, viewpoint) and matches(each, query, later)]
    assert set(found) == set(FIELDS)
    for field, completions in found.items():
        counts = {
            value: sum(value in held(entry, field) for entry in shown)
            for entry in shown
            for value in held(entry, field)
            if begins(field, value, beginning)
        }
        assert {each.value: each.count for each in completions}.items() <= counts.items()
        best = sorted(counts.values(), reverse=True)[:most]
        assert [each.count for each in completions] == best


@given(
    st.lists(entries(st.integers(0, 5)), max_size=8, unique_by=lambda entry: entry.number),
    viewpoints,
    st.sampled_from(("shape:", "shape:M", "method:ties shape:sl", "visibility:", "archived:")),
)
def test_a_field_of_a_few_choices_goes_on_with_those_that_find_something(
    known: list[Entry], viewpoint: Viewpoint, text: str
) -> None:
    growing = GrowingCatalogue()
    growing.put(known)
    catalogue, start = growing.state(1, datetime.now(UTC)), begun(text)
    assert start.field is not None
    found = values(catalogue, start, viewpoint, 9)[start.field]
    assert {start.with_value(each.field, each.value): each.count for each in found} == {
        q: count
        for choice in BY_NAME[start.field].choices
        if choice.startswith(start.beginning.lower())
        and (
            count := len(
                matching(catalogue, parsed(q := start.with_value(start.field, choice)), viewpoint)
            )
        )
    }


def test_many_values_are_found_by_their_beginnings_also_those_that_came_last() -> None:
    beginnings, words = Beginnings(), dict.fromkeys(f"w{number}" for number in range(3 * UNSORTED))
    for more in range(5):
        expected = {each for each in words if each.startswith("w29")}
        assert set(beginnings.of(words, "w29")) == expected
        words[f"w29-{more}"] = None
