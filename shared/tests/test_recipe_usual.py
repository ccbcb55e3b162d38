"""The usual layout of recipes is read as the YAML parser reads it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_recipes import RECIPES

from mergehub.recipe import Recipe, to_yaml
from mergehub.recipe.yaml.document import load_documents, parsed
from mergehub.recipe.yaml.usual import usual

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
INDENTS = st.sampled_from(["", "", "  ", "  ", "    ", " ", "      "])
DASHES = st.sampled_from(["", "", "- ", "-   ", "-", "- - "])
KEYS = st.sampled_from(["", "a:", "b:", "c1:", "_d:", "null:", "Yes:", "<<:", "'q':", "1:", "a::"])
VALUES = st.sampled_from(
    [
        *("", "", "", " x", " org/model-7B", " a b", " 0.5", " -1", " 1e-3", " .5", " 010", " 1:3"),
        *(" true", " No", " null", " ~", " 'x y'", ' "0.5"', ' "a\\n"', " ''", " 'a''b'", " {}"),
        *(" []", " [0, 32]", " [a,b]", " [ 1]", " [1, ]", " {a: 1}", " a - b", " a#b", " a: b"),
        *(
            " |",
            " >",
            " &x 1",
            " *x",
            " !!str 1",
            " @a",
            " -",
            " --",
            " - a",
            " a:b",
            " 1:a",
            " a :b",
            " a: ",
            " run:5",
            " é",
            "\t1",
            " 1\r",
        ),
        *(" [.5, 010]", " [~]", " " + "9" * 70, " [[0]]", "1", " a'b", " .", " ..."),
    ]
)
ENDS = st.sampled_from(["", "", "", " ", " # why", "#", "  #", "# x"])
LINES = st.builds("".join, st.tuples(INDENTS, DASHES, KEYS, VALUES, ENDS))
STRANGE = st.sampled_from(["---", "...", "%YAML 1.2", "", "# a", "   # b", "\ufeffa: 1"])
TEXTS = st.lists(LINES | STRANGE, min_size=1, max_size=8).map("\n".join)
COMMON = st.lists(
    st.builds(
        "".join,
        st.tuples(
            INDENTS,
            st.sampled_from(["", "- "]),
            st.sampled_from(["a:", "b:", "c:", ""]),
            st.sampled_from(["", " x", " 1"]),
        ),
    ),
    min_size=1,
    max_size=10,
).map("\n".join)


def the_same(text: str) -> None:
    """What is read as usual is read as the same by the parser, without a fault or a warning."""
    found = usual(text)
    if found is not None:
        [document] = parsed(text)
        assert repr(document.data) == repr(found)
        assert document.faults == document.warnings == ()


@UNHURRIED
@given(TEXTS)
@example("a: b\n  c")
@example("a:\n- b: 1\n- c\n  d: 2")
@example("a:\n  b:\n- c")
def test_a_text_is_read_as_the_parser_reads_it_or_left_to_it(text: str) -> None:
    the_same(text)


@UNHURRIED
@given(COMMON)
def test_lines_that_are_indented_in_any_way_are_read_as_the_parser_reads_them(text: str) -> None:
    the_same(text)


@UNHURRIED
@given(RECIPES)
def test_recipes_are_read_as_the_parser_reads_them(recipe: Recipe) -> None:
    the_same(to_yaml(recipe))


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1\nb:\n  c: [0, 32]\n", {"a": 1, "b": {"c": [0, 32]}}),
        ("a:\n- b: x\n  c:\n  - 1\n  - y\n- d\n", {"a": [{"b": "x", "c": [1, "y"]}, "d"]}),
        ("# who\na:\n  - b: {}   # why\n\n    c:\n", {"a": [{"b": {}, "c": None}]}),
        ("a: 'x: y'\nb: \"0.5\"\nc: true", {"a": "x: y", "b": "0.5", "c": True}),
    ],
)
def test_the_usual_layout_needs_no_parser(text: str, data: object) -> None:
    assert usual(text) == data


@pytest.mark.parametrize(
    "text",
    ["", "- a", "a: 1\na: 2", "a: &x 1", "a: yes", "a: 010", "{a: 1}"]
    + [
        start + 8000 * each + "\t"
        for start in ("", "- ", "a:", "a: x")
        for each in (" ", " x", "x ")
    ],
)
def test_what_is_unusual_is_left_to_the_parser(text: str) -> None:
    assert usual(text) is None


def test_values_of_the_usual_layout_have_their_lines() -> None:
    text = "a: 1\n\nb:\n- c: 2\n"
    [quick], [slow] = load_documents(text), parsed(text)
    assert usual(text) is not None
    assert quick.lines() == slow.lines() == {(): 1, ("a",): 1, ("b",): 4, ("b", "0"): 4,
        ("b", "0", "c"): 4}  # fmt: skip
