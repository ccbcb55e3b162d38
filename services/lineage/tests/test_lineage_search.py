"""Models are found by any part of any of their names, whatever the index left out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tries import tries

from lineage.memory.growing import GrowingGraph
from lineage.search import blocks, finding, index
from lineage.search.finding import Found, find, meant
from lineage.search.index import Index
from lineage.search.words import BEGINNING, EXACT, INSIDE, WORD_BEGINNING, Query, plain

WORDS = ["mistral", "llama", "slerp", "7b", "v2", "x", "Größe", "GGUF", "instruct"]
fast = settings(max_examples=tries(13), deadline=None, derandomize=True)


@pytest.fixture
def untouched():
    """These tests need no store."""


@pytest.fixture(autouse=True, params=[(4096, (256, 4096)), (32, (1, 2))], ids=["usual", "tiny"])
def sizes(request, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", request.param[0])
    monkeypatch.setattr(index, "PIECES", request.param[1])


class Named:
    """A graph of names, which the index under test follows."""

    def __init__(self, *names: str) -> None:
        self.growing = GrowingGraph()
        self.names: dict[int, str] = {}
        self.index = Index(self.growing.names)
        self.put(dict(enumerate(names, 1)))

    def put(self, names: dict[int, str], children: dict[int, int] | None = None) -> None:
        if names:
            numbers = np.array(sorted(names), np.int32)
            places = self.growing.names.add([names[number] for number in numbers.tolist()])
            counts = [(children or {}).get(number, 0) for number in numbers.tolist()]
            self.growing.put_models(numbers, places, {"children_count": np.array(counts)})
        self.names |= names
        self.graph = self.growing.graph(1)

    def found(self, text: str, most: int = 1000, former: tuple[Found, ...] = ()) -> list[str]:
        found = find(self.graph, self.index, Query.of(text), former, most)
        return [self.names[each.model] for each in found]


names = st.builds(
    "{}{}{}".format,
    st.sampled_from(["Org/", "me/", "", "mistralai/"]),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("-".join),
    st.sampled_from(["", "_1", ".v0.1", "\\"]),
)
queries = st.lists(
    st.sampled_from([*WORDS, "mis", "istr", "7", "o", "ü", "LLAMA", "org/", "v0.1", "zzz"]),
    min_size=1,
    max_size=3,
).map(" ".join)


def has(name: str, text: str) -> bool:
    """What finding means, spelt out letter by letter."""
    spaced = "".join(c.lower() if c.isascii() and c.isalnum() else c if not c.isascii() else " "
                     for c in " " + name)  # fmt: skip
    apart = " ".join(re.findall("[0-9]+|[^0-9 ]+| +", spaced))  # a space where digits begin or end
    return all(
        word.decode() in spaced or (word[:1] == b" " and _begins(word.decode(), apart, spaced))
        for word in Query.of(text).sought
    )


def _begins(word: str, apart: str, spaced: str) -> bool:
    """Whether a word begins somewhere in the middle of another, where letters and digits meet."""
    inner = " ".join(re.findall("[0-9]+|[^0-9 ]+", word))
    return word[1:] in spaced and f" {inner}" in apart


@fast
@given(st.lists(st.lists(names, max_size=12), max_size=3), queries, st.data())
def test_all_that_match_are_found_once_however_the_names_came(batches, text, data):
    made, number = Named(), 1
    for batch in batches:
        made.found(text)  # so that the index has seen what came before
        given_names = dict(enumerate(batch, number))
        made.put(given_names, {n: data.draw(st.integers(0, 3)) for n in given_names})
        number += len(batch) + data.draw(st.integers(0, 9))
    if made.names:
        renamed = data.draw(st.sampled_from(sorted(made.names)))
        made.found(text)
        made.put({renamed: data.draw(names)})
    expected = [name for name in made.names.values() if has(name, text)]
    assert sorted(made.found(text)) == sorted(expected)


def test_the_best_fit_comes_first_and_then_the_most_used():
    made = Named("me/unmistralled", "org/a-mistral", "mistral-large", "x/mistral", "mistral")
    made.put({6: "z/mistral", 7: "mistral/small"}, {6: 9, 7: 1})
    assert made.found("Mistral") == [
        "mistral",
        "mistral/small",
        "mistral-large",
        "z/mistral",
        "org/a-mistral",
        "x/mistral",
        "me/unmistralled",
    ]


@pytest.mark.parametrize(
    ("text", "name", "fit"),
    [
        ("org/base", "Org_Base", EXACT),
        ("org/b", "org/base", BEGINNING),
        ("base", "org/base", WORD_BEGINNING),
        ("base org", "org/base", WORD_BEGINNING),
        ("llama3", "me/Llama-3", WORD_BEGINNING),
        ("llama3", "me/Llama3-8B", WORD_BEGINNING),
        ("ase", "org/base", INSIDE),
    ],
)
def test_a_name_fits_as_well_as_it_begins(text, name, fit):
    assert Query.of(text).fit(plain(name.encode())) == fit
    assert Named(name, "another").found(text) == [name]


def test_two_letters_count_only_where_a_word_begins():
    made = Named("org/dev2", "org/v2", "org/soup-v2.1")
    assert made.found("v2") == ["org/soup-v2.1", "org/v2"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("qwen 2.5", "Qwen/Qwen2.5-7B-Instruct"),
        ("qwen 2.5 7b", "Qwen/Qwen2.5-7B-Instruct"),
        ("smollm 2", "HuggingFaceTB/SmolLM2-135M"),
        ("yi34b", "01-ai/Yi-34B"),
        ("7b", "org/qwen7b"),
        ("b", "org/x-7b"),
    ],
)
def test_a_word_also_begins_where_letters_and_digits_meet(text, name):
    assert Named(name, "other/thing-12").found(text) == [name]


@pytest.mark.parametrize(
    ("text", "name"), [("qwen25", "Qwen/Qwen2.5-7B"), ("gemma29b", "google/gemma-2-9b")]
)
def test_digits_may_lack_what_stands_between_them(text, name):
    made = Named(name, "other/thing-12")
    other = meant(made.graph, made.index, Query.of(text))
    assert other is not None
    assert [made.names[each.model] for each in find(made.graph, made.index, other, (), 9)] == [name]


def test_only_the_most_important_are_compared_and_the_others_follow(monkeypatch):
    monkeypatch.setattr(finding, "COMPARED", 2)
    made = Named("x/soup", "a/soup", "b/soup", "c/soup")
    made.put({5: "d/soup", 6: "e/soup"}, {5: 3, 6: 7})
    assert made.found("soup") == ["e/soup", "d/soup", "x/soup", "a/soup", "b/soup", "c/soup"]
    assert made.found("soup", most=3) == ["e/soup", "d/soup", "x/soup"]


def test_what_fits_best_comes_first_however_little_it_is_used(monkeypatch):
    monkeypatch.setattr(finding, "COMPARED", 2)
    made = Named("a/soup", "b/soup", "c/soup", "d/soup")
    made.put({n: made.names[n] for n in range(1, 5)}, dict.fromkeys(range(1, 5), 9))
    made.put({7: "soup-of-the-day", 8: "_Soup"})
    assert made.found("soup") == [
        "_Soup",
        "soup-of-the-day",
        "a/soup",
        "b/soup",
        "c/soup",
        "d/soup",
    ]


@fast
@given(st.lists(names, max_size=30), queries)
def test_the_better_fit_comes_first(given_names, text):
    made = Named(*given_names)
    query = Query.of(text)
    fits = [query.fit(plain(name.encode())) for name in made.found(text)]
    assert fits == sorted(fits)
    for fit in (EXACT, BEGINNING):
        there = [match.model for match in made.index.matches(made.graph, query, fit)]
        all_fits = {n: query.fit(plain(made.names[n].encode())) for n in made.names
                    if has(made.names[n], text)}  # fmt: skip
        assert sorted(there) == sorted(n for n, each in all_fits.items() if each <= fit)


def test_a_former_name_counts_like_a_name_of_today():
    made = Named("org/new", "me/old-stew")
    former = (Found(1, b"old", "old"),)
    assert made.found("old", former=former) == ["org/new", "me/old-stew"]


@pytest.mark.parametrize("mistake", ["mistrall", "mistrl", "mixtral", "msitral"])
def test_one_mistake_in_a_word_is_forgiven(mistake):
    made = Named("org/Mistral-7B", "org/llama")
    other = meant(made.graph, made.index, Query.of(f"{mistake} 7b"))
    assert other is not None
    assert other.words == (b"mistral", b"7b")


def test_words_of_names_that_change_are_known_as_they_are_now():
    made = Named("org/Mistral-7B", "org/llama")
    made.index.follow(made.graph)
    made.put({1: "org/Gemma-9B"})
    assert meant(made.graph, made.index, Query.of("mistrall")) is None
    other = meant(made.graph, made.index, Query.of("gema"))
    assert other is not None
    assert other.words == (b"gemma",)


@pytest.mark.parametrize("text", ["7c", "mxxtral", "/", "", "\ud800"])
def test_what_is_further_off_means_nothing(text):
    made = Named("org/Mistral-7B")
    assert meant(made.graph, made.index, Query.of(text)) is None
    assert made.found(text) == []


def test_models_are_found_after_numbers_that_were_given_up():
    """A transaction that is rolled back has used the numbers of its models."""
    named = Named()
    named.put({1: "org/first", 20_000: "org/last"})
    assert named.found("org") == ["org/first", "org/last"]
    named.put({60_000: "org/later"})
    assert named.found("later") == ["org/later"]
