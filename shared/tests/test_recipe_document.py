"""YAML is read strictly, and within limits."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mergehub.recipe import (
    Fault,
    ModelRef,
    OutputModule,
    OutputSlice,
    Recipe,
    RecipeError,
    SliceSource,
    TokenizerOptions,
    TokenOptions,
    check_document,
    parse_recipe,
)
from mergehub.recipe.faults import MAX_MESSAGES
from mergehub.recipe.schema import ModelToken
from mergehub.recipe.values import FilteredValue
from mergehub.recipe.yaml.core_schema import CORE, plain
from mergehub.recipe.yaml.document import load_documents
from mergehub.recipe.yaml.former_yaml import otherwise
from mergehub.recipe.yaml.limits import MAX_CHARACTERS, MAX_DEPTH, MAX_NODES

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


PLAIN = "merge_method: linear\nmodels:\n  - {model: a, parameters: {weight: 1}}\n"


def loaded(text: str) -> object:
    (document,) = load_documents(text)
    assert document.faults == ()
    return document.data


def refused(text: str) -> set[tuple[str, str]]:
    """The places and kinds of the faults in a text that can be read as YAML."""
    (document,) = load_documents(text)
    return {(fault.path, fault.code) for fault in document.faults}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("1e-9", 1e-9),
        ("1E3", 1000.0),
        (".5e-3", 0.0005),
        ("0x10", 16),
        ("'1e3'", "1e3"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0o10", 8),
        ("+1", 1),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("yes", "yes"),
        ("Off", "Off"),
        ("True", True),
        ("1:30", "1:30"),
        ("1:30:00.5", "1:30:00.5"),
        ("0b11", "0b11"),
        ("!!float 3", 3.0),
        ("!!str 3", "3"),
        ("!!null ''", None),
        ("~", None),
        ("bfloat16", "bfloat16"),
        ("2024-01-01", "2024-01-01"),
    ],
)
def test_scalars_are_read_by_the_core_schema_of_yaml_1_2_alone(text: str, value: object) -> None:
    assert loaded(f"a: {text}") == {"a": value}


def test_a_key_that_stands_twice_is_a_fault_where_it_stands() -> None:
    assert refused("a: {b: 1, b: 2}\na~/c: [{d: 1, d: 1}]") == {
        ("/a/b", "duplicate-key"),
        ("/a~0~1c/0/d", "duplicate-key"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['true']",
        "a: !!python/name:os.system",
        "a: !mine 3",
        "a: !!set {b}",
        "a: !!int word",
        "a: !!bool word",
        "a: !!float word",
        "a: !!int ''",
        "a: !!float ''",
        "a: !!float 1:30",
        "a: !!null word",
        "a: !!timestamp 2024-01-01",
        "a: !!binary aGk=",
        f"a: !!int 0x{'f' * 5000}",
        f"a: !{'x' * 5000} 3",
    ],
)
def test_foreign_and_false_tags_are_faults(text: str) -> None:
    assert refused(text) == {("/a", "tag")}


@pytest.mark.parametrize(
    "text", ["1: x", "true: x", "0x1: x", "~: x", "? [a]\n: x", "? {a: b}\n: x"]
)
def test_keys_are_text(text: str) -> None:
    assert refused(text) == {("", "type")}


@pytest.mark.parametrize("key", ["~", "null", "1", "true"])
@pytest.mark.parametrize("place", ["{}: 3\n", "parameters:\n  weight: 1\n  {}: 3\n"])
def test_a_key_that_is_not_text_has_that_fault_alone(key: str, place: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(PLAIN + place.format(key))
    assert ["not text" in fault.message for fault in caught.value.faults] == [True]


@pytest.mark.parametrize("pattern", [r"/layers\.[23]\./", r"/layers\.{2,3}\./", r'"/layers\.2/"'])
def test_an_expression_that_yaml_takes_for_its_own_is_to_be_quoted(pattern: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_documents(f"weight:\n  - {{filter: {pattern}, value: 0}}\n")
    (fault,) = caught.value.faults
    assert fault.suggestion == "put the regular expression in single quotes: filter: '/…/'"
    load_documents(f"weight:\n  - {{filter: '{pattern}', value: 0}}\n")


def test_merge_keys_bring_in_what_is_not_given() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {<<: *b}"
    data = loaded(text)
    assert isinstance(data, dict)
    assert data["c"] == {"x": 3, "y": 1, "z": 2}
    assert data["d"] == {"y": 2, "z": 2}
    assert refused("a: {<<: 3}") == {("/a/<<", "type")}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: b: c", "yaml"),
        ("a: [1", "yaml"),
        ("a: *nowhere", "yaml"),
        ("a\x00", "yaml"),
        ("\ud800", "yaml"),
        ("#" * (MAX_CHARACTERS + 1), "limit"),
        ("[" * 100_000, "limit"),
        ("a: &a [*a]", "yaml"),
        ("- 1\n" * MAX_NODES, "limit"),
    ],
)
def test_what_is_not_yaml_or_exceeds_a_limit_is_refused_whole(text: str, code: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_documents(text)
    assert [(fault.path, fault.code) for fault in caught.value.faults] == [("", code)]


def test_a_syntax_error_names_its_line() -> None:
    with pytest.raises(RecipeError, match="at line 2, column 5: mapping values are not allowed"):
        load_documents("a: 1\nb: c: d")


GOOD = "merge_method: linear\nmodels: [{model: a}]\n"


@pytest.mark.parametrize(
    ("good", "odd", "named", "line"),
    [
        ("method: ", "method:\u00a0", "U+00A0 (no-break space) is not a space", 1),
        ("method: ", "method:\u3000", "U+3000 (ideographic space) is not a space", 1),
        ("method:", "method\uff1a", "U+FF1A (fullwidth colon) is not :", 1),
        ("method:", "me\u200bthod:", "U+200B (zero width space) is here", 1),
        ("linear", "linear\u2060", "U+2060 (word joiner) is here", 1),
        (": [{", ": \uff3b{", "U+FF3B (fullwidth left square bracket) is not [", 2),
        ("models: ", "models:\u2003", "U+2003 (em space) is not a space", 2),
        ("{model: ", "{model:\u00a0", "U+00A0 (no-break space) is not a space", 2),
        ("model: a", "model: \ufeffa", "U+FEFF is not allowed", 2),
    ],
)
def test_a_character_that_looks_like_another_is_named_with_its_line(
    good: str, odd: str, named: str, line: int
) -> None:
    with pytest.raises(RecipeError) as refused:
        parse_recipe(GOOD.replace(good, odd, 1))
    fault = next(each for each in refused.value.faults if named in str(each))
    assert fault.line == line


def test_a_character_of_another_script_is_not_called_wrong() -> None:
    with pytest.raises(RecipeError) as refused:
        parse_recipe(GOOD + "name: [\u540d\u524d\n")
    assert "U+" not in str(refused.value)


def test_a_small_text_cannot_grow_through_its_aliases() -> None:
    levels = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(RecipeError, match="aliases included"):
        load_documents("\n".join(["l0: &l0 [1]", *levels]))


def test_a_long_number_in_base_60_is_text_wherever_an_alias_stands_for_it() -> None:
    models = "- {model: a, parameters: {weight: *x}}\n" * 50
    text = f"merge_method: linear\nname: &x 1{':59' * 12_000}\nmodels:\n{models}"
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text)
    places = [(fault.path, fault.code) for fault in caught.value.faults]
    assert places == [(f"/models/{i}/parameters/weight", "type") for i in range(50)]
    assert all("weight must be a number" in fault.message for fault in caught.value.faults)


def test_several_documents_are_told_apart() -> None:
    assert [document.data for document in load_documents("a: 1\n---\nb: 2\n")] == [
        {"a": 1},
        {"b": 2},
    ]
    assert load_documents("# nothing\n") == []


def test_plain_data_is_held_to_the_same_limits() -> None:
    deep: list[object] = []
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    for data in ({"a": deep}, {"a": [0] * MAX_NODES}):
        with pytest.raises(RecipeError) as caught:
            check_document(data)
        assert [fault.code for fault in caught.value.faults] == ["limit"]


@pytest.mark.parametrize(
    "data",
    [
        {"k" * 300: 1},
        {"name": 10**5000},
        {"name": "x" * (MAX_CHARACTERS + 1)},
        {f"{i}{'k' * 200}": 1 for i in range(MAX_CHARACTERS // 200)},
        {"merge_method": "linear", "models": [{"model": "a"}] * 2_001},
    ],
)
def test_plain_data_is_bounded_in_its_text_and_its_numbers(data: dict[str, object]) -> None:
    assert [fault.code for fault in faults(data)] == ["limit"]


def test_the_messages_of_all_faults_are_bounded_together() -> None:
    told = faults({f"{i}{'k' * 250}": {f"{j}{'k' * 250}": 1 for j in range(3)} for i in range(200)})
    assert 0 < sum(fault.length for fault in told) <= MAX_MESSAGES
    assert all(fault.length < 1_000 for fault in told)


@pytest.mark.parametrize("data", [{"name": "\ud800"}, {"\ud800": 1}, {"a": [{"b": "x\udfff"}]}])
def test_half_a_character_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="lone surrogate"):
        check_document(data)


@UNHURRIED
@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    with pytest.raises(RecipeError):
        parse_recipe(text)


def faults(document: object) -> tuple[Fault, ...]:
    try:
        check_document(document)
    except RecipeError as error:
        return error.faults
    return ()


FIELDS = st.sampled_from(
    sorted(
        {"lora", "path", "revision", "weight", "t", "density"}.union(
            *(part.model_fields for part in (Recipe, SliceSource, OutputSlice, OutputModule)),
            *(part.model_fields for part in (TokenizerOptions, TokenOptions, ModelToken)),
            *(part.model_fields for part in (FilteredValue, ModelRef)),
        )
    )
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5),
    max_leaves=20,
)


@UNHURRIED
@given(st.dictionaries(FIELDS, JSON, max_size=6), st.sampled_from(["linear", "slerp", "ties"]))
def test_no_document_does_anything_but_parse_or_be_refused(
    fields: dict[str, object], method: str
) -> None:
    told = faults({"merge_method": method} | fields)
    assert all(fault.path == "" or fault.path.startswith("/") for fault in told)
    assert all(fault.code and fault.message for fault in told)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x85", "\u2028"])
def test_a_syntax_fault_shows_the_line_that_the_parser_means(end: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(f"a: 1{end}b: 2{end}c: [3")
    (fault,) = caught.value.faults
    assert fault.line == 3
    assert "  c: [3\n" in fault.message


@UNHURRIED
@given(
    text=st.text("0123456789.-+_:eExob", min_size=1, max_size=9) | st.from_regex("[a-zA-Z]{1,5}")
)
def test_a_scalar_without_a_warning_has_the_same_value_in_yaml_1_1(text: str) -> None:
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    if tag.removeprefix(CORE) in ("int", "float", "bool") and otherwise(text, plain(text)) is None:
        try:
            former = loader.construct_object(yaml.ScalarNode(tag, text))
        except ValueError:
            return
        assert former == plain(text)
