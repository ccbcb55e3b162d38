"""Pages of boards from memory, compared with the same read in plain Python."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_facts import Known, Result, World, lineages, results
from plain_board import PlainRow, keeps, ordered, rows

from leaderboard.boards import sorting
from leaderboard.boards.current import Boards
from leaderboard.boards.definition import Chosen, Column, Rules
from leaderboard.boards.filtering.filters import Filters
from leaderboard.boards.filtering.masks import kept, together
from leaderboard.boards.service import Asked, Named, answer
from leaderboard.boards.shown import facets, points
from leaderboard.memory.facts import Facts
from mergehub.kit.paging.cursors import Cursors
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.problems.problem import Invalid

COLUMNS = (Column(benchmark="x"), Column(benchmark="y", shots=0))
ANY = (Column(benchmark="x", shots="any"),)
texts = st.sampled_from(["ties", "slerp", "llama", "qwen2", "mit", "apache-2.0", "unknown"])
several = st.lists(texts, min_size=1, max_size=2, unique=True).map(tuple)
filters = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["t", "TWO", "a/", "/f", "zzz"]),
        "model": st.just(("A/one", "b/two", "no/model")),
        "method": several,
        "family": several,
        "licence": several,
        "precision": st.sampled_from([("bfloat16",), ("4bit", "unknown")]),
        "domain": st.sampled_from([("code",), ("maths", "unknown")]),
        "base": st.sampled_from([("a/One",), ("a/two", "b/Two")]),
        "size_min": st.sampled_from([1.0, 7.0]),
        "size_max": st.sampled_from([7.0, 30.0]),
        "since": st.sampled_from([100, 150]),
        "until": st.sampled_from([200, 250]),
        "merged": st.booleans(),
        "flagged": st.booleans(),
    },
)
sorts = st.sampled_from(["mean", "name", "size", "date", "uplift", "x"]).flatmap(
    lambda name: st.sampled_from([name, f"-{name}"])
)


def asked(facts: Facts, columns: Any = COLUMNS, verified: bool = False, **wanted: Any) -> Asked:
    named = Named("b", "B", "A board.", (), None, Rules(columns=columns), 1)
    return Asked(Boards(), facts, named, Filters(**wanted), verified)


def page(asked: Asked, sort: str, limit: int, cursor: str | None) -> dict[str, Any]:
    request = PageRequest(limit, cursor, Cursors(b"secret", "query"), lambda place: None)
    after = request.after(int, float, str, str)
    found: dict[str, Any] = json.loads(
        answer(asked, sort, request, sorting.Place(*after) if after else None)
    )
    return found


def walk(asked: Asked, sort: str, limit: int = 200) -> list[dict[str, Any]]:
    items, cursor = [], None
    while True:
        found = page(asked, sort, limit, cursor)
        items += found["items"]
        cursor = found["next_cursor"]
        if cursor is None:
            assert found["matching"] == len(items)
            return items


def names(items: list[dict[str, Any]] | list[PlainRow]) -> list[tuple[str, str]]:
    return [
        (each.model, each.precision)
        if isinstance(each, PlainRow)
        else (each["model"], each["precision"] or "")
        for each in items
    ]


def world_of(made: list[Result], known: dict[str, Known]) -> World:
    world = World()
    world.learn(known)
    world.add(made)
    return world


@given(results, lineages(), filters, sorts, st.sampled_from([COLUMNS, ANY]), st.booleans())
def test_pages_are_those_of_plain_python(made, known, wanted, sort, columns, verified):
    plain = rows(made, known, columns, verified)
    chosen = [row for row in ordered(plain, known, sort) if keeps(row, known, wanted)]
    board = asked(world_of(made, known).facts(), columns, verified, **wanted)
    items = walk(board, sort, limit=2)
    assert names(items) == names(chosen)
    for item, row in zip(items, chosen, strict=True):
        assert (item["revision"] or "") == row.revision
        assert {name: each["value"] for name, each in item["scores"].items()} == pytest.approx(
            row.scores, abs=1e-6
        )
        assert (item["mean"] and item["mean"]["value"]) == pytest.approx(row.mean, abs=1e-6)
        assert item["uplift"] == pytest.approx(row.uplift, abs=1e-6)
        assert set(item["missing"]) == {each.benchmark for each in columns} - row.scores.keys()
        better = [other for other in plain if other.mean is not None and row.mean is not None]
        place = 1 + sum(other.mean > row.mean + 1e-9 for other in better)
        assert (item["rank"] and item["rank"]["place"]) == (None if row.mean is None else place)


@given(results, results, lineages(), filters, sorts)
def test_a_cursor_goes_on_where_it_was_when_results_have_come(first, later, known, wanted, sort):
    world = world_of(first, known)
    before = asked(world.facts(), **wanted)
    begun = page(before, sort, 1, None)
    old = dict(zip(names(walk(before, sort)), walk(before, sort), strict=True))
    world.add(later)
    after = asked(world.facts(), **wanted)
    seen, cursor = names(begun["items"]), begun["next_cursor"]
    while cursor is not None:
        found = page(after, sort, 2, cursor)
        seen += names(found["items"])
        cursor = found["next_cursor"]
    if begun["next_cursor"] is None:
        return
    keys = ("mean", "uplift", "scores")
    now = dict(zip(names(walk(after, sort)), walk(after, sort), strict=True))
    for pair, each in old.items():  # whoever stayed as it was is seen once
        if pair in now and all(each[key] == now[pair][key] for key in keys):
            assert seen.count(pair) == 1


@given(results, results, lineages())
def test_following_is_like_loading_anew(first, later, known):
    at_once, bit_by_bit = World(), World()
    at_once.learn(known)
    at_once.add([*first, *later])
    boards, rules = Boards(), Rules(columns=COLUMNS)
    for each in (*first, *later):
        bit_by_bit.add([each])
        boards.make(bit_by_bit.facts(), rules)
    bit_by_bit.learn(known)
    one, other = asked(at_once.facts()), asked(bit_by_bit.facts())
    kept_on = Asked(boards, other.facts, other.named, other.filters, False)
    for sort in ("mean", "uplift", "-name", "size"):
        expected = without_ids(page(one, sort, 200, None))
        assert without_ids(page(other, sort, 200, None)) == expected
        assert without_ids(page(kept_on, sort, 200, None)) == expected


def without_ids(page: dict[str, Any]) -> dict[str, Any]:
    """A page without what depends on when results were stored."""
    page["as_of"] = page["ranks"]["as_of"] = page["ranks"]["read_at"] = None
    return page


@given(results, lineages(), filters)
def test_facets_count_the_rows_that_each_value_keeps(made, known, wanted):
    facts = world_of(made, known).facts()
    board = asked(facts).kept().board
    counted = facets.facets(board, kept(board, Filters(**wanted), Boards().search))
    plain = rows(made, known, COLUMNS, False)

    def count(name: str, value: Any) -> int:
        others = {key: each for key, each in wanted.items() if key != name} | {name: value}
        return sum(keeps(row, known, others) for row in plain)

    for name in ("method", "family", "licence", "precision", "domain"):
        found = {each["value"]: each["models"] for each in counted[name]}
        values = {*found, "ties", "llama", "mit", "code", "unknown"}
        assert {each: found.get(each, 0) for each in values} == {
            each: count(name, (each,)) for each in values
        }
    for name in ("merged", "flagged"):
        assert {each["value"]: each["models"] for each in counted[name]} == {
            each: count(name, each) for each in (True, False)
        }


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), max_size=12))
def test_nothing_smaller_is_better_than_a_point_of_the_front(drawn):
    world = World()
    known = {f"m{at}": Known(parameters=size * 10**9) for at, (size, _) in enumerate(drawn)}
    world.learn(known)
    world.add([Result(f"m{at}", "x", score / 10) for at, (_, score) in enumerate(drawn)])
    board = asked(world.facts(), ANY).kept().board
    found = points.points(board, together({}, len(board)))
    assert len(found["points"]) == len(drawn)
    for point in found["points"]:
        size, score = drawn[int(point["model"][1:])]
        beaten = any(
            (other[0] <= size and other[1] > score) or (other[0] < size and other[1] == score)
            for other in drawn
        )
        assert point["front"] == (not beaten)


def test_a_board_of_benchmarks_that_enough_models_have_follows_the_results():
    world = World()
    world.add([Result(model, "x", 0.5) for model in "abcd"])
    world.add([Result(model, "y", 0.5) for model in "ab"])
    world.add([Result("a", "z", 0.5)])
    columns = page(asked(world.facts(), Chosen(share=0.5)), "mean", 10, None)["columns"]
    assert [(each["benchmark"], each["models"]) for each in columns] == [("x", 4), ("y", 2)]


def test_a_column_is_the_setting_of_most_models_and_the_newest_of_equals():
    world = World()
    world.add([Result("a", "x", 0.5, shots=0), Result("b", "x", 0.5, shots=5)])
    one = (Column(benchmark="x"),)
    assert page(asked(world.facts(), one), "mean", 10, None)["columns"][0]["shots"] == 5
    world.add([Result("c", "x", 0.5, shots=0)])
    assert page(asked(world.facts(), one), "mean", 10, None)["columns"][0]["shots"] == 0


def test_a_verified_result_counts_before_newer_ones_of_others():
    world = World()
    world.add([Result("a", "x", 0.9, source=2, when=5), Result("a", "x", 0.2, source=0, when=1)])
    [row] = walk(asked(world.facts(), ANY), "mean")
    assert (row["scores"]["x"]["raw"], row["scores"]["x"]["source"]) == (0.2, "verified")


def test_a_result_without_count_and_error_has_no_interval_and_no_interval_of_its_rank():
    world = World()
    world.add([Result("a", "x", 0.9), Result("b", "x", 0.2, stderr=0.01)])
    one, other = walk(asked(world.facts(), ANY), "mean")
    assert one["scores"]["x"]["low"] is one["scores"]["x"]["high"] is one["mean"]["low"] is None
    assert one["rank"] == {"place": 1, "best": None, "worst": None}
    assert other["rank"] == {"place": 2, "best": 2, "worst": 2}


def test_an_unknown_sort_is_refused_with_the_known_ones():
    with pytest.raises(Invalid) as raised:
        page(asked(World().facts()), "y-axis", 10, None)
    assert "mean, name, size, date, uplift, x, y" in raised.value.errors[0].detail
