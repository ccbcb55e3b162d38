"""The query language: what people write, what programs give, and what is wrong with either."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.recipe import catalogue
from registry.search.language.faults import QueryError, QueryFault
from registry.search.language.fields import BY_NAME, FIELDS, parameters
from registry.search.language.parsing import LONGEST, MOST_CONDITIONS, parsed
from registry.search.language.plain import query_of
from registry.search.language.printing import printed
from registry.search.query import Among, Query, Term, Within

DAY = 24 * 3600
WORDS = st.sampled_from(["slerp", "german", "7b", "llama", "größe", "日本"])
LABELS = st.from_regex(r"[a-z0-9]{1,4}([._-][a-z0-9]{1,3})?", fullmatch=True)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "method": st.sampled_from(sorted(catalogue())),
    "model": st.sampled_from(["mistral", "Org/Llama-3.2", 'a "b", c', "back\\slash", "“so”"]),
    "handle": st.sampled_from(["ann", "my-lab"]),
    "name": st.sampled_from(["soup", "dates-and-units"]),
    "label": LABELS,
    "domain": LABELS | st.sampled_from(["Math", "role-play"]),
    "licence": st.sampled_from(["apache-2.0", "GPLv3", "mit"]),
    "number": st.floats(-1e20, 1e20).map(repr) | st.integers(-9, 99).map(str),
    "size": st.sampled_from(["7b", "1.5b", "350m", "0.001m", "2t", "7e9", "123456"]),
    "date": st.dates(datetime(1970, 1, 1).date(), datetime(9998, 1, 1).date()).map(str)
    | st.sampled_from(["2024", "2026-02", "2026-12", "2026-01-01T12:30:00.123456+02:00"]),
    "flag": st.sampled_from(["yes", "no", "true", "0"]),
}
SIGNS = st.sampled_from([":", "<", "<=", ">", ">=", "=", "≤", "≥", ":<"])


def quoted(text: str) -> str:
    return '"' + re.sub(r'(["\\“”])', r"\\\1", text) + '"'


@st.composite
def conditions(draw: Callable[..., Any]) -> str:
    """One condition as a person may write it."""
    negated = draw(st.sampled_from(["", "-"]))
    field = draw(st.sampled_from([*BY_NAME.values(), *parameters().values(), None]))
    if field is None:
        words = draw(st.lists(WORDS, min_size=1, max_size=3))
        return negated + draw(st.sampled_from(["-".join(words), quoted(" ".join(words))]))
    values = VALUES[field.kind] if not field.choices else st.sampled_from(field.choices)
    if field.kind == "flag":
        return f"{negated}{field.name}:{draw(values)}"
    if field.is_number:
        return f"{negated}{field.name}{draw(SIGNS)}{draw(values)}"
    some = draw(st.lists(values, min_size=1, max_size=3))
    return f"{negated}{field.name}:{','.join(map(quoted, some))}"


QUERIES = st.lists(conditions(), max_size=6).map(" ".join)


def faults_of(text: str) -> tuple[QueryFault, ...]:
    try:
        parsed(text)
    except QueryError as error:
        return error.faults
    return ()


def excerpt(text: str, fault: QueryFault) -> str:
    return text[fault.place.offset : fault.place.offset + fault.place.length]


def test_a_query_has_words_values_and_bounds() -> None:
    text = 'method:ties,slerp density<0.5 "slerp of two" -tag:nsfw stars>=3 Llama-3* reproduced:no'
    assert parsed(text) == Query(
        (
            Among("method", ("slerp", "ties")),
            Within("parameter", "density", high=0.5, high_open=True),
            Term(("slerp", "of", "two")),
            Among("tag", ("nsfw",), negated=True),
            Within("stars", low=3),
            Term(("llama", "3"), prefix=True),
            Within("reproductions", high=0),
        )
    )
    for condition in parsed(text).conditions:
        begin = condition.place.offset
        assert text[begin : begin + condition.place.length] in [*text.split(), '"slerp of two"']


@given(QUERIES)
def test_what_is_printed_is_parsed_to_the_same_query(text: str) -> None:
    query = parsed(text)
    assert parsed(printed(query)) == query


@given(
    st.text() | st.text('abc:<>=-,.*"\\ \n“07bmtag', max_size=60) | QUERIES.map(lambda q: q[:-1])
)
def test_every_text_is_a_query_or_has_faults_with_places(text: str) -> None:
    for fault in faults_of(text):
        assert excerpt(text, fault), fault
    if not faults_of(text):
        assert parsed(printed(parsed(text))) == parsed(text)


@given(st.lists(st.sampled_from(FIELDS), max_size=4, unique=True), st.data())
def test_parameters_of_programs_mean_what_the_text_means(fields: list[Any], data: Any) -> None:
    given_, texts = {}, []
    for field in fields:
        values = VALUES[field.kind] if not field.choices else st.sampled_from(field.choices)
        if field.is_number:
            signs = st.just(":") if field.kind == "flag" else st.sampled_from(["<=", ">", ":"])
            each = [data.draw(signs) + data.draw(values)]
            texts.append(field.name + each[0])
        else:
            each = data.draw(st.lists(values, min_size=1, max_size=3))
            texts.append(f"{field.name}:{','.join(map(quoted, each))}")
            refused = data.draw(values)
            each, texts = [*each, f"-{refused}"], [*texts, f"-{field.name}:{quoted(refused)}"]
        given_[field.name] = each
    given_["parameter"] = ["density<0.5", "-normalize:yes"]
    text = " ".join([*texts, "density<0.5 -normalize:yes"])
    assert set(query_of("", given_).conditions) == set(parsed(text).conditions)
    assert query_of("soup", given_).conditions[0] == Term(("soup",))


def holds(condition: Within, value: float) -> bool:
    low, high = condition.low, condition.high
    above = low is None or (value > low if condition.low_open else value >= low)
    return above and (high is None or (value < high if condition.high_open else value <= high))


@given(
    st.integers(10**6, 10**12),
    st.sampled_from(["7b", "1.5b", "350m", "0.1t", "13b"]),
    st.sampled_from(["<", "<=", ">", ">=", ":"]),
)
def test_a_size_compares_as_rounded_to_the_digits_that_are_written(
    weights: int, size: str, sign: str
) -> None:
    [condition] = parsed(f"size{sign}{size}").conditions
    assert isinstance(condition, Within)
    scale = {"m": 10**6, "b": 10**9, "t": 10**12}[size[-1]]
    wanted = Decimal(size[:-1])
    rounded = (Decimal(weights) / scale).quantize(wanted, ROUND_HALF_UP)
    compares = {
        "<": rounded < wanted,
        "<=": rounded <= wanted,
        ">": rounded > wanted,
        ">=": rounded >= wanted,
        ":": rounded == wanted,
    }
    assert holds(condition, weights) == compares[sign]


@given(
    st.datetimes(datetime(2025, 11, 1), datetime(2026, 3, 5)),
    st.sampled_from(["2025", "2026", "2025-12", "2026-01", "2026-02-28", "2025-12-31"]),
    st.sampled_from(["<", "<=", ">", ">=", ":"]),
)
def test_a_day_compares_by_as_much_of_a_time_as_is_written(
    moment: datetime, day: str, sign: str
) -> None:
    [condition] = parsed(f"created{sign}{day}").conditions
    assert isinstance(condition, Within)
    same = moment.isoformat()[: len(day)]
    compares = {"<": same < day, "<=": same <= day, ">": same > day, ">=": same >= day}
    compares[":"] = same == day
    assert holds(condition, moment.replace(tzinfo=UTC).timestamp()) == compares[sign]


@pytest.mark.parametrize(
    ("text", "low", "high", "low_open", "high_open"),
    [
        ("stars:3..5", 3, 5, False, False),
        ("stars>3..<5", 3, 5, True, True),
        ("stars:3..", 3, None, False, False),
        ("stars:..<5", None, 5, False, True),
        ("size:7b..13b", 6.5e9, 13.5e9, False, True),
        ("uplift:-1..1.5", -1, 1.5, False, False),
    ],
)
def test_ranges_have_both_ends_unless_a_sign_leaves_one_out(
    text: str, low: float, high: float, low_open: bool, high_open: bool
) -> None:
    [found] = parsed(text).conditions
    assert found == Within(text.split(":")[0].split(">")[0], None, low, high, low_open, high_open)


@pytest.mark.parametrize(
    ("text", "place", "code", "helps"),
    [
        ("bse:mistral", "bse", "unknown_field", "did you mean 'base'?"),
        ("soup -densty<0.5", "densty", "unknown_field", "did you mean 'density'?"),
        ("http://x", "http", "unknown_field", "put it in quotes to search for its words"),
        ("soup method:teis", "teis", "unknown_value", "did you mean 'ties'?"),
        ("licence:apche-2.0", "apche-2.0", "unknown_value", "did you mean 'apache-2.0'?"),
        ("shape:slice", "slice", "unknown_value", "did you mean 'slices'?"),
        ("tag: german", ":", "missing_value", None),
        ("tag:a, b", ",", "missing_value", None),
        ("tag<3", "tag<3", "no_order", None),
        ("rescale>yes", "yes", "no_order", "write rescale:yes"),
        ("size:7", "7", "not_a_size", "did you mean '7b'?"),
        ("created:2026-13", "2026-13", "not_a_day", None),
        ("stars:many", "many", "not_a_number", None),
        ("stars:1e999", "1e999", "not_a_number", None),
        ("stars:5..3", "5..3", "empty_range", None),
        ("stars:1,2", "2", "several_values", None),
        ("consensus:sum", "consensus", "unknown_field", None),
        ("base:mis*", "mis*", "not_a_model", "leave the * out"),
        ('soup "two', '"two', "unclosed_quote", "add one at the end"),
        ("(tag:a)", "(", "parenthesis", "leave it out"),
        ("a OR b", "OR", "operator", "write the values of one field with commas"),
        ("tag:Größe", "Größe", "not_as_it_must_be", None),
    ],
)
def test_a_fault_has_its_place_and_what_would_be_right(
    text: str, place: str, code: str, helps: str | None
) -> None:
    fault = faults_of(text)[0]
    assert (excerpt(text, fault), fault.code) == (place, code)
    assert (fault.suggestion or "").startswith(helps or "")
    assert bool(fault.suggestion) == bool(helps)


def test_all_faults_are_reported_at_once() -> None:
    assert [each.code for each in faults_of("bse:x method:teis tag: stars:x")] == [
        "unknown_field",
        "unknown_value",
        "missing_value",
        "not_a_number",
    ]


def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    [fault] = faults_of("a " * LONGEST)
    assert fault.code == "too_long"
    many = " ".join(f"tag:t{number}" for number in range(MOST_CONDITIONS + 1))
    assert [each.code for each in faults_of(f"{many} {many}")] == ["too_many"]
    words = " ".join("ab" for _ in range(30)) + "-x" * 60
    assert [each.code for each in faults_of(f"{words} {words}")] == ["too_many"]
    assert faults_of("tag:" + ",".join(map(str, range(51))))[0].code == "too_many"


def test_a_parameter_that_is_wrong_is_named() -> None:
    wrong = {
        "method": ["ties", "slrp"],
        "stars": ["many"],
        "parameter": ["density<0.5", "tag:x", "density", "densty>1"],
    }
    with pytest.raises(QueryError) as raised:
        query_of('"soup', wrong)
    assert [(fault.parameter, fault.code) for fault in raised.value.faults] == [
        (("q",), "unclosed_quote"),
        (("method", 1), "unknown_value"),
        (("stars",), "not_a_number"),
        (("parameter", 1), "not_a_condition"),
        (("parameter", 2), "not_a_condition"),
        (("parameter", 3), "unknown_field"),
    ]


def test_no_merge_parameter_has_the_name_of_a_field() -> None:
    assert not parameters().keys() & BY_NAME.keys()


@pytest.mark.parametrize("field", [*FIELDS, *parameters().values()], ids=lambda field: field.name)
def test_the_example_of_each_field_is_a_condition_on_it(field: Any) -> None:
    [condition] = parsed(field.example).conditions
    assert condition.field in (field.name, "parameter", "reproductions")
