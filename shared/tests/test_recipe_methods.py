"""The catalogue of methods and what a declaration must be."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from pydantic import ValidationError

from mergehub.recipe import MethodSpec, ParameterSpec, catalogue, methods, register


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "_registered", {})


def spec(name: str = "example", summary: str = "An example.") -> MethodSpec:
    return MethodSpec(name=name, title="Example", summary=summary, formula="θ")


def test_the_packaged_methods_are_complete_declarations() -> None:
    found = catalogue()
    assert {"linear", "slerp", "task_arithmetic", "ties", "dare_ties", "passthrough"} <= set(found)
    for name, method in found.items():
        assert method.name == name
        assert method.title
        assert method.summary.endswith(".")
        assert all(parameter.doc.endswith(".") for parameter in method.parameters)


def test_the_packaged_text_is_what_dump_writes() -> None:
    text = files("mergehub.recipe").joinpath(methods.METHODS_FILE).read_text()
    assert methods.dump(catalogue()) == text


def test_a_registered_method_is_in_the_catalogue_and_before_a_packaged_one() -> None:
    register(spec())
    register(spec("linear"))
    assert catalogue()["example"] == spec()
    assert catalogue()["linear"] == spec("linear")


def test_a_name_belongs_to_one_method() -> None:
    register(spec())
    register(spec())
    with pytest.raises(ValueError, match="already registered as 'example'"):
        register(spec(summary="Another."))


def test_a_method_may_be_known_for_a_block_alone_and_under_no_others_name() -> None:
    with methods.registered(spec()):
        assert catalogue()["example"] == spec()
        with pytest.raises(ValueError, match="there is already a merge method 'example'"):
            methods.registered(spec(summary="Another.")).__enter__()
    assert "example" not in catalogue()
    with (
        pytest.raises(ValueError, match="already a merge method 'ties'"),
        methods.registered(spec("ties")),
    ):
        pass


def test_defaults_are_those_of_the_parameters() -> None:
    assert catalogue()["linear"].defaults == {"weight": 1.0, "normalize": True}
    assert catalogue()["slerp"].defaults == {}


@pytest.mark.parametrize(
    "declared",
    [
        {"type": "float"},
        {"type": "float", "default": 1, "required": True},
        {"type": "str", "default": "a"},
        {"type": "float", "default": 1, "choices": ("a",)},
    ],
)
def test_a_parameter_is_required_or_has_a_default_and_words_have_choices(
    declared: dict[str, object],
) -> None:
    with pytest.raises(ValidationError):
        ParameterSpec.model_validate({"name": "p", "doc": "D."} | declared)


@pytest.mark.parametrize(
    ("bounds", "words", "inside", "outside"),
    [
        ({}, "finite", 3.4e38, float("inf")),
        ({}, "finite", -3.4e38, 1e39),
        ({}, "finite", -5, float("nan")),
        ({"minimum": 0}, "at least 0", 0, -0.1),
        ({"minimum": 0, "exclusive_minimum": True}, "above 0", 0.1, 0),
        ({"maximum": 1}, "at most 1", 1, 1.1),
        ({"maximum": 1, "exclusive_maximum": True}, "below 1", 0.9, 1),
        ({"minimum": 0, "maximum": 1}, "in [0, 1]", 1, 2),
        (
            {"minimum": 0, "maximum": 1, "exclusive_minimum": True, "exclusive_maximum": True},
            "in (0, 1)",
            0.5,
            1,
        ),
    ],
)
def test_a_range_is_checked_and_put_in_words(
    bounds: dict[str, object], words: str, inside: float, outside: float
) -> None:
    parameter = ParameterSpec.model_validate(
        {"name": "p", "type": "float", "default": 1, "doc": "D."} | bounds
    )
    assert parameter.range == words
    assert parameter.contains(inside)
    assert not parameter.contains(outside)


@pytest.mark.parametrize(
    ("base", "listed", "merged"),
    [
        ("none", "ab", [0, 1]),
        ("none", "bab", [0, 1, 2]),
        ("required", "bab", [1]),
        ("optional", "ac", [0, 1]),
        ("member", "a", [None, 0]),
        ("member", "b", [0]),
        ("member", "ab", [1, 0]),
        ("member", "abb", [1, 2, 0]),
        ("member", "ac", [None, 0, 1]),
    ],
)
def test_the_base_is_merged_where_it_is_a_member(
    base: Any, listed: str, merged: list[int | None]
) -> None:
    spec = MethodSpec(name="x", title="", summary="", formula="", base=base, min_models=2)
    assert spec.merged(listed, "b") == merged
    assert spec.merged(listed, None) == list(range(len(listed)))


@pytest.mark.parametrize(("listed", "merged"), [("ac", [0, 1]), ("a", [None, 0]), ("cb", [1, 0])])
def test_a_base_that_is_not_listed_joins_where_there_is_room(
    listed: str, merged: list[int | None]
) -> None:
    spec = MethodSpec(name="x", title="", summary="", formula="", base="member", max_models=2)
    assert spec.merged(listed, "b") == merged
