"""The contents of a recipe; all its faults are reported together, with help."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from mergehub.recipe import (
    Fault,
    MethodSpec,
    ModelRef,
    ParameterSpec,
    RecipeError,
    check_document,
    methods,
    parse_recipe,
    parse_recipes,
    parse_with_warnings,
    register,
)

LINEAR: dict[str, Any] = {
    "merge_method": "linear",
    "models": [{"model": "a", "parameters": {"weight": 1}}, {"model": "b"}],
}
TIES: dict[str, Any] = LINEAR | {"merge_method": "ties", "base_model": "base"}
SLERP: dict[str, Any] = {
    "merge_method": "slerp",
    "base_model": "a",
    "models": [{"model": "a"}, {"model": "b"}],
    "parameters": {"t": 0.5},
}


def source(model: str, first: int = 0, end: int = 4, **more: Any) -> dict[str, Any]:
    return {"model": model, "layer_range": [first, end]} | more


def faults(document: Any) -> list[Fault]:
    with pytest.raises(RecipeError) as caught:
        check_document(document)
    return list(caught.value.faults)


def only_fault(document: Any) -> Fault:
    (fault,) = faults(document)
    return fault


def warnings(document: Any) -> list[tuple[str, str]]:
    return [(warning.path, warning.code) for warning in check_document(document).warnings]


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "_registered", {})


def test_a_recipe_has_the_shape_of_a_mergekit_file() -> None:
    recipe = parse_recipe(
        """
        # two halves of different models
        merge_method: ties
        base_model: org/base@main
        slices:
          - sources:
              - {model: org/a+org/lora, layer_range: [0, 16], parameters: {weight: [0, 1]}}
              - {model: org/b, layer_range: [0, 16]}
          - sources:
              - {model: org/b, layer_range: [16, 32]}
            base_model: org/other
            parameters: {density: [{filter: mlp, value: 0.5}, {value: 1}]}
        parameters: {normalize: false}
        dtype: bf16
        out_dtype: torch.float16
        tokenizer:
          source: union
          tokens:
            <|im_start|>: {source: org/a, force: true}
            <|im_end|>: {source: {kind: zero}}
            <pad>: {source: {kind: model_token, model: org/b, token_id: 0}}
          pad_to_multiple_of: 64
        chat_template: auto
        name: halves
        """
    )
    assert recipe.slices is not None
    assert recipe.slices[0].sources[0].model == ModelRef.parse("org/a+org/lora")
    assert recipe.slices[1].sources[0].layers == range(16, 32)
    assert recipe.slices[1].base_model == ModelRef.parse("org/other")
    assert (recipe.dtype, recipe.out_dtype) == ("bfloat16", "float16")
    assert recipe.tokenizer is not None
    assert recipe.tokenizer.tokens["<|im_start|>"].force
    assert recipe.tokenizer.pad_to_multiple_of == 64


def test_modules_hold_models_or_slices_of_their_own() -> None:
    recipe = check_document(
        {
            "merge_method": "linear",
            "modules": {
                "text": {"models": [{"model": "a"}, {"model": "b"}], "parameters": {"weight": 2}},
                "vision": {"slices": [{"sources": [source("a")]}]},
            },
        }
    ).recipe
    assert [str(entry.model) for entry in recipe.inputs] == ["a", "b", "a"]


def test_a_revision_beside_the_model_is_part_of_the_reference() -> None:
    document = {
        "merge_method": "passthrough",
        "slices": [{"sources": [source("a+b", revision="v1")]}],
    }
    (entry,) = check_document(document).recipe.inputs
    assert str(entry.model) == "a@v1+b"


def test_early_recipes_name_the_tokenizers_model_with_a_prefix() -> None:
    options = check_document(LINEAR | {"tokenizer_source": "model:org/a"}).recipe.tokenizer_options
    assert options is not None
    assert options.source == ModelRef.parse("org/a")


@pytest.mark.parametrize(
    "method", ["merge_method: liner", "merge_metod: linear", "merge_metod: liner"]
)
def test_a_misspelt_method_hides_no_fault_of_its_parameters(method: str) -> None:
    text = f"""
{method}
models:
  - {{model: left, parameters: {{wieght: 0.5}}}}
  - {{model: right, parameters: {{weight: half}}}}
dtpye: bfloat16
"""
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text)
    told = {fault.path: fault.suggestion for fault in caught.value.faults}
    assert told["/models/0/parameters/wieght"] == "did you mean 'weight'?"
    assert "/models/1/parameters/weight" in told
    assert told["/dtpye"] == "did you mean 'dtype'?"
    if "liner" in method:
        assert told[f"/{method.partition(':')[0]}"] is not None


@pytest.mark.parametrize(
    ("padding", "said"),
    [(0, "must be at least 1, not 0"), (2**31 + 1, "must be at most 2147483648, not 2147483649")],
)
def test_a_number_out_of_its_bounds_is_told_the_bound(padding: int, said: str) -> None:
    fault = only_fault(LINEAR | {"tokenizer": {"source": "a", "pad_to_multiple_of": padding}})
    assert (fault.code, fault.message) == ("range", said)


def test_a_misspelt_method_of_a_misspelt_field_is_told_where_it_stands() -> None:
    found = {(fault.path, fault.code) for fault in faults({"merge_metod": "tise"})}
    assert {("/merge_metod", "unknown-field"), ("/merge_metod", "unknown-method")} <= found


def test_a_method_that_is_near_no_other_is_the_only_fault_of_its_kind() -> None:
    assert [fault.code for fault in faults(LINEAR | {"merge_method": "zzz"})] == ["unknown-method"]


def test_a_misspelt_parameter_hides_no_fault_of_its_value() -> None:
    document = LINEAR | {"models": [{"model": "a", "parameters": {"wieght": "half"}}]}
    found = [(fault.path, fault.code) for fault in faults(document)]
    place = "/models/0/parameters/wieght"
    assert found == [(place, "unknown-parameter"), (place, "type")]


def test_every_fault_is_told_at_once() -> None:
    text = """
merge_method: ties
models:
  - model: a+b+c
    parameters: {wieght: 0.5, density: 1.5}
  - modle: b
parameters: {normalize: perhaps, density: [0.5, -1]}
dtype: bfloat17
tokenizer_source: base
tokenizer: {source: union}
merge_metod: ties
dtype: float32x
"""
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text)
    assert {(fault.path, fault.code) for fault in caught.value.faults} == {
        ("/dtype", "duplicate-key"),
        ("/models/0/model", "bad-reference"),
        ("/models/1/model", "missing"),
        ("/models/1/modle", "unknown-field"),
        ("/dtype", "choice"),
        ("", "conflict"),
        ("/merge_metod", "unknown-field"),
        ("/models/0/parameters/wieght", "unknown-parameter"),
        ("/models/0/parameters/density", "range"),
        ("/parameters/normalize", "type"),
        ("/parameters/density/1", "range"),
        ("/base_model", "missing"),
    }
    assert all(str(fault) in str(caught.value) for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("change", "path", "code", "suggestion"),
    [
        ({"merge_method": "tise"}, "/merge_method", "unknown-method", "did you mean 'ties'?"),
        ({"merge_method": "zzz"}, "/merge_method", "unknown-method", None),
        ({"merge_method": 3}, "/merge_method", "type", None),
        (
            {"tokenzer_source": "base"},
            "/tokenzer_source",
            "unknown-field",
            "did you mean 'tokenizer_source'?",
        ),
        ({"weight": 1}, "/weight", "unknown-field", "put it under 'parameters'"),
        ({"dtype": "bfloat15"}, "/dtype", "choice", "did you mean 'bfloat16'?"),
        ({"dtype": 16}, "/dtype", "choice", None),
        ({"models": ["a"]}, "/models/0", "type", "write 'model: a'"),
        ({"models": "a"}, "/models", "type", None),
        ({"tokenizer": "union"}, "/tokenizer", "type", "write 'tokenizer_source: union'"),
        ({"models": []}, "/models", "empty", None),
        ({"models": None}, "", "conflict", None),
        ({"base_model": 3}, "/base_model", "bad-reference", None),
        (
            {"base_model": {"model": "a", "revison": "1"}},
            "/base_model/revison",
            "unknown-field",
            "did you mean 'revision'?",
        ),
        ({"chat_template": 3}, "/chat_template", "type", None),
        ({"allow_submatrix": "maybe"}, "/allow_submatrix", "type", None),
        ({"parameters": [1]}, "/parameters", "type", None),
        (
            {"parameters": {"nomalize": True}},
            "/parameters/nomalize",
            "unknown-parameter",
            "did you mean 'normalize'?",
        ),
        (
            {"parameters": {"t": 0.5}},
            "/parameters/t",
            "unknown-parameter",
            "it is a parameter of nearswap, slerp",
        ),
        ({"parameters": {"qqq": 1}}, "/parameters/qqq", "unknown-parameter", None),
        ({"parameters": {"weight": None}}, "/parameters/weight", "type", None),
        ({"parameters": {"weight": True}}, "/parameters/weight", "type", None),
        ({"parameters": {"weight": "much"}}, "/parameters/weight", "type", None),
        ({"parameters": {"weight": []}}, "/parameters/weight", "empty", None),
        (
            {"parameters": {"weight": [{"valeu": 1}, {"value": 2}]}},
            "/parameters/weight/0/valeu",
            "unknown-field",
            "did you mean 'value'?",
        ),
        (
            {"parameters": {"weight": [{"value": 1, "filter": "/(a+/"}]}},
            "/parameters/weight/0/filter",
            "filter",
            None,
        ),
        ({"parameters": {"weight": 1e999}}, "/parameters/weight", "range", None),
        (
            {"tokenizer": {"sorce": "union"}},
            "/tokenizer/sorce",
            "unknown-field",
            "did you mean 'source'?",
        ),
        ({"tokenizer": {"pad_to_multiple_of": 0}}, "/tokenizer/pad_to_multiple_of", "range", None),
        (
            {"tokenizer": {"tokens": {"<s>": {"forced": True}}}},
            "/tokenizer/tokens/<s>/forced",
            "unknown-field",
            "did you mean 'force'?",
        ),
        (
            {"tokenizer": {"tokens": {"<s>": {"source": {"kind": "model_token", "model": "a"}}}}},
            "/tokenizer/tokens/<s>/source",
            "conflict",
            None,
        ),
        ({"tokenizer": {"source": "a@b@c"}}, "/tokenizer/source", "bad-reference", None),
        ({"tokenizer": {"source": "base"}, "tokenizer_source": "base"}, "", "conflict", None),
        ({"slices": [{"sources": [source("a")]}]}, "", "conflict", None),
    ],
)
def test_a_fault_names_its_place_and_what_would_be_right(
    change: dict[str, Any], path: str, code: str, suggestion: str | None
) -> None:
    found = [fault for fault in faults(LINEAR | change) if fault.code != "missing"]
    assert [(fault.path, fault.code, fault.suggestion) for fault in found] == [
        (path, code, suggestion)
    ]


@pytest.mark.parametrize(
    ("sources", "path", "code"),
    [
        ([], "/slices/0/sources", "empty"),
        ([{"model": "a"}], "/slices/0/sources/0/layer_range", "missing"),
        ([source("a", 4, 4)], "/slices/0/sources/0/layer_range", "range"),
        ([source("a", -1, 4)], "/slices/0/sources/0/layer_range/0", "range"),
        ([source("a", 0, 2**40)], "/slices/0/sources/0/layer_range/1", "range"),
        ([{"model": "a", "layer_range": [1]}], "/slices/0/sources/0/layer_range", "type"),
        ([{"model": "a", "layer_range": [0, "x"]}], "/slices/0/sources/0/layer_range/1", "type"),
        ([source("a", paramters={})], "/slices/0/sources/0/paramters", "unknown-field"),
    ],
)
def test_faults_inside_slices_are_found(
    sources: list[dict[str, Any]], path: str, code: str
) -> None:
    fault = only_fault({"merge_method": "linear", "slices": [{"sources": sources}]})
    assert (fault.path, fault.code) == (path, code)


@pytest.mark.parametrize(
    ("layer", "suggestion"), [(4.0, "write 4"), ("4", "write 4"), (0.5, None), ("x", None)]
)
def test_a_layer_is_a_whole_number_and_written_as_one(layer: object, suggestion: str) -> None:
    sources = [{"model": "a", "layer_range": [0, layer]}]
    fault = only_fault({"merge_method": "linear", "slices": [{"sources": sources}]})
    assert (fault.code, fault.suggestion) == ("type", suggestion)
    assert fault.message.startswith("must be a whole number, not ")


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        (float("nan"), r"finite number that float32 can hold \(up to 3\.4e38\)"),
        (float("inf"), r"finite number that float32 can hold \(up to 3\.4e38\)"),
        (1e39, "a number that float32 can hold"),
        (10**20, r"below 2\*\*53 if it is a whole number; write a larger one like 1e20"),
    ],
)
def test_a_number_beyond_the_limit_is_told_the_limit_that_holds(weight: float, says: str) -> None:
    check_document(LINEAR | {"parameters": {"weight": 1e20}})
    assert re.search(says, only_fault(LINEAR | {"parameters": {"weight": weight}}).message)


def test_a_module_needs_exactly_one_content() -> None:
    fault = only_fault({"merge_method": "linear", "modules": {"text": {"parameters": {}}}})
    assert (fault.path, fault.code) == ("/modules/text", "conflict")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (
            SLERP | {"models": [{"model": "b"}, {"model": "a"}, {"model": "c"}]},
            "exactly 2 models; here 3 are listed",
        ),
        (SLERP | {"models": [{"model": "a"}]}, "exactly 2 models; here 1 is listed"),
        (TIES | {"models": [{"model": "base"}]}, "at least 1 model besides the base; here none is"),
        (
            LINEAR
            | {
                "merge_method": "passthrough",
                "parameters": None,
                "models": [{"model": "a"}, {"model": "b"}],
            },
            "at least 1 model and at most 1|exactly 1 model; here 2",
        ),
    ],
)
def test_a_method_says_how_many_models_it_merges(document: dict[str, Any], says: str) -> None:
    fault = only_fault(document)
    assert (fault.path, fault.code) == ("/models", "count")
    assert any(each in fault.message for each in says.split("|"))


def test_the_bounds_of_a_method_are_put_in_words(own_registry: None) -> None:
    register(
        MethodSpec(
            name="few",
            title="",
            summary="",
            formula="",
            min_models=2,
            max_models=3,
            base="optional",
        )
    )
    models = [{"model": name} for name in "abcd"]
    message = only_fault({"merge_method": "few", "models": models}).message
    assert (
        message == "few merges at least 2 models and at most 3 besides the base; here 4 are listed"
    )
    assert check_document({"merge_method": "few", "models": models, "base_model": "a"})


def test_slerp_takes_its_base_as_one_of_the_two() -> None:
    assert check_document(SLERP).warnings == ()
    assert check_document(SLERP | {"models": [{"model": "b"}]}).warnings == ()


def test_a_required_parameter_must_stand_somewhere(own_registry: None) -> None:
    fault = only_fault(SLERP | {"parameters": {}})
    assert (fault.path, fault.code) == ("/parameters/t", "missing")
    part = {"sources": [source("a"), source("b")], "parameters": {"t": 0.5}}
    assert check_document({"merge_method": "slerp", "base_model": "a", "slices": [part]})
    share = ParameterSpec(name="share", type="float", required=True, doc="The share.")
    register(MethodSpec(name="shared", title="", summary="", formula="", parameters=(share,)))
    models = [{"model": "a", "parameters": {"share": 1}}, {"model": "b"}]
    assert (
        only_fault({"merge_method": "shared", "models": models}).path
        == "/models/1/parameters/share"
    )
    assert check_document(
        {"merge_method": "shared", "models": models[1:], "parameters": {"share": 1}}
    )


def test_a_parameter_of_the_whole_merge_cannot_stand_under_one_model() -> None:
    models = [{"model": "a", "parameters": {"normalize": True}}]
    fault = only_fault(LINEAR | {"models": models})
    assert (fault.path, fault.code) == ("/models/0/parameters/normalize", "misplaced-parameter")


def test_whole_numbers_and_words_are_checked(own_registry: None) -> None:
    steps = ParameterSpec(name="steps", type="int", default=3, minimum=1, doc="How many.")
    register(MethodSpec(name="iterated", title="", summary="", formula="", parameters=(steps,)))
    document = LINEAR | {"merge_method": "iterated", "models": [{"model": "a"}]}
    assert only_fault(document | {"parameters": {"steps": 1.5}}).message == (
        "steps must be a whole number, not 1.5"
    )
    assert (
        only_fault(document | {"parameters": {"steps": 0}}).message
        == "steps must be at least 1, not 0"
    )
    assert check_document(document | {"parameters": {"steps": 2.0}})
    fault = only_fault(TIES | {"parameters": {"consensus": "sums"}})
    assert (fault.code, fault.suggestion) == ("choice", "did you mean 'sum'?")


def test_yes_and_no_may_be_written_as_numbers() -> None:
    assert check_document(TIES | {"parameters": {"normalize": 1.0}})
    assert only_fault(TIES | {"parameters": {"normalize": 0.5}}).code == "type"


def test_a_base_model_may_stand_in_each_slice() -> None:
    part = {"sources": [source("base"), source("a")], "base_model": "base"}
    assert check_document({"merge_method": "ties", "slices": [part]})
    fault = only_fault({"merge_method": "ties", "slices": [part, {"sources": [source("a")]}]})
    assert (fault.path, fault.code) == ("/base_model", "missing")


def test_warnings_tell_what_does_less_than_it_seems_to() -> None:
    assert warnings(TIES | {"parameters": {"int8_mask": True}}) == [
        ("/parameters/int8_mask", "without-effect")
    ]
    assert warnings(LINEAR | {"models": [{"model": "a"}, {"model": "a"}]}) == [
        ("/models/1/model", "repeated-model")
    ]
    assert warnings(TIES | {"base_model": "a"}) == [("/models/0/parameters", "without-effect")]
    assert warnings(
        LINEAR | {"parameters": {"weight": [{"value": 1}, {"filter": "mlp", "value": 2}]}}
    ) == [("/parameters/weight/1", "unreachable")]


def test_a_required_parameter_that_only_filters_give_is_warned_of() -> None:
    some = {"parameters": {"t": [{"filter": "mlp", "value": 0.5}]}}
    every = {"parameters": {"t": [{"filter": "mlp", "value": 0.5}, {"value": 1}]}}
    assert warnings(SLERP | some) == [("/parameters/t", "no-default")]
    assert warnings(SLERP | every) == []
    part = {"sources": [source("a"), source("b")]} | some
    sliced = {"merge_method": "slerp", "base_model": "a", "slices": [part]}
    assert warnings(sliced) == [("/slices/0/parameters/t", "no-default")]
    assert warnings(sliced | {"parameters": {"t": [0, 1]}}) == []


def test_warnings_tell_what_slices_leave_open() -> None:
    part = {"sources": [source("a"), source("b")]}
    document = {"merge_method": "slerp", "parameters": {"t": 0.5}, "slices": [part]}
    assert warnings(document) == [("/slices/0/sources", "base-not-merged")]
    assert warnings(document | {"base_model": "c"}) == [("/slices/0/sources", "base-not-merged")]
    assert warnings(document | {"base_model": "b"}) == []


def test_one_text_is_one_recipe_unless_several_are_asked_for() -> None:
    text = yaml.safe_dump_all([LINEAR | {"name": "first"}, TIES])
    with pytest.raises(RecipeError, match="holds 2 YAML documents"):
        parse_recipe(text)
    assert [recipe.merge_method for recipe in parse_recipes(text)] == ["linear", "ties"]
    with pytest.raises(RecipeError):
        parse_recipes(text + "---\nmodels: []\n")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not nothing"),
        ({"a": 1}, "not a mapping"),
        ([1], "not a list"),
        (3, "not 3"),
        (True, "not true"),
        ("word", "not the text 'word'"),
        ("w" * 90, "not the text 'wwww"),
    ],
)
def test_what_was_found_is_put_in_words(value: Any, words: str) -> None:
    document = LINEAR | {"dtype": value} if value is not None else LINEAR | {"merge_method": None}
    message = only_fault(document).message
    assert words in message
    assert len(message) < 150


@pytest.mark.parametrize("text", ["", "- a", "word", "3"])
def test_a_recipe_is_a_mapping(text: str) -> None:
    with pytest.raises(RecipeError, match="a recipe is a mapping of fields to values, not"):
        parse_with_warnings(text)


def test_the_number_of_faults_told_is_bounded() -> None:
    assert len(faults(LINEAR | {f"field{i}": 1 for i in range(500)})) == 100
