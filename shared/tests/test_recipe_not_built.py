"""Features that the language reads but the engine lacks are found before anything is queued."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mergehub.recipe import Fault, RecipeError, parse_recipe, parse_to_merge
from mergehub.recipe.checks.chat_templates import what_is_wrong

LINEAR: dict[str, Any] = {"merge_method": "linear", "models": [{"model": "a"}, {"model": "b"}]}
TOKENIZER = {"source": "base"}
ONE = {"models": [{"model": "a"}]}
WHERE = {
    "/tokenizer_source": {"tokenizer_source": "union"},
    "/tokenizer/source": {"tokenizer": {}},
    "/tokenizer/tokens": {"tokenizer": {**TOKENIZER, "tokens": {"<s>": {"source": "a"}}}},
    "/tokenizer/pad_to_multiple_of": {"tokenizer": {**TOKENIZER, "pad_to_multiple_of": 64}},
    "/chat_template": {"chat_template": "chatml"},
    "/modules": {"models": None, "modules": {"text": ONE, "vision": ONE}},
    "/base_model": {"base_model": "s3://bucket/a"},
    "/models/0/model": {"models": [{"model": "https://example.org/a"}, {"model": "b"}]},
    "/models/1/model": {"models": [{"model": "a"}, {"model": "b/model.safetensors"}]},
}
FINE = [
    {"tokenizer_source": "base"},
    {"tokenizer_source": "a"},
    {"tokenizer": TOKENIZER},
    {"chat_template": "auto"},
    {"chat_template": "{{ messages }}"},
    {"models": None, "modules": {"text": ONE}},
]


def faults(document: dict[str, Any]) -> list[Fault]:
    text = yaml.safe_dump(document)
    assert parse_recipe(text)
    try:
        parse_to_merge(text)
    except RecipeError as error:
        return list(error.faults)
    return []


@pytest.mark.parametrize(("path", "more"), WHERE.items())
def test_what_is_not_built_is_named_with_its_field_and_what_to_do(
    path: str, more: dict[str, Any]
) -> None:
    (fault,) = faults(LINEAR | more)
    assert (fault.path, fault.code) == (path, "not-built")
    assert fault.message.startswith("not built yet: ")
    assert fault.suggestion
    assert fault.line


@pytest.mark.parametrize("more", FINE)
def test_what_is_built_is_not(more: dict[str, Any]) -> None:
    assert faults(LINEAR | more) == []


def source(model: str, layers: int = 2) -> dict[str, Any]:
    return {"model": model, "layer_range": [0, layers]}


@pytest.mark.parametrize(
    ("method", "base", "sources", "code"),
    [
        ("linear", None, [source("a"), source("b", 3)], "uneven-layers"),
        ("ties", "c", [source("a"), source("b")], "base-not-listed"),
        ("task_arithmetic", "c", [source("a")], "base-not-listed"),
        ("slerp", "c", [source("a")], "base-not-listed"),
    ],
)
def test_slices_that_no_models_could_fill_are_found(
    method: str, base: str | None, sources: list[dict[str, Any]], code: str
) -> None:
    document = {"merge_method": method, "slices": [{"sources": sources}]}
    more = {"base_model": base} if base else {}
    parameters = {"parameters": {"t": 0.5}} if method == "slerp" else {}
    (fault,) = faults(document | more | parameters)
    assert (fault.path, fault.code) == ("/slices/0/sources", code)


@pytest.mark.parametrize("method", ["linear", "ties", "passthrough"])
def test_a_base_that_is_listed_or_not_part_of_the_arithmetic_is_fine(method: str) -> None:
    listed = [source("a")] if method == "passthrough" else [source("c"), source("a")]
    document = {"merge_method": method, "slices": [{"sources": listed}], "base_model": "c"}
    assert faults(document) == []


def test_the_lines_of_faults_and_warnings_are_known() -> None:
    text = "merge_method: linear\nmodels:\n- model: a\n- model: b\n  parameters: {wieght: 1}\n"
    with pytest.raises(RecipeError, match=r"/models/1/parameters/wieght \(line 5\): ") as caught:
        parse_recipe(text)
    assert [fault.line for fault in caught.value.faults] == [5]
    filtered = text.replace("wieght: 1", "weight: [{filter: 'layers.[01]', value: 1}]")
    (warning,) = parse_to_merge(filtered).warnings
    assert (warning.code, warning.line) == ("filter-as-text", 5)
    assert warning.suggestion == (
        "for a regular expression, write it between slashes: /layers.[01]/"
    )


@pytest.mark.parametrize(
    ("place", "written", "here", "there"),
    [
        ("weight", "010", "10", 8),
        ("weight", "-017", "-17", -15),
        ("tokenizer_source", "1:30", "the text '1:30'", 90),
        ("tokenizer_source", "1_000", "the text '1_000'", 1000),
        ("tokenizer_source", "0b11", "the text '0b11'", 3),
        ("tokenizer_source", "On", "the text 'On'", True),
        ("name", "no", "the text 'no'", False),
    ],
)
def test_a_scalar_that_yaml_1_1_takes_for_something_else_is_warned_of(
    place: str, written: str, here: str, there: Any
) -> None:
    parameter = f"\n  parameters: {{weight: {written}}}" if place == "weight" else ""
    text = f"merge_method: linear\nmodels:\n- model: a{parameter}\n"
    if place != "weight":
        text += f"{place}: {written}\n"
    (warning,) = parse_to_merge(text).warnings
    assert yaml.safe_load(written) == there  # by PyYAML, which mergekit uses
    assert (warning.code, warning.line) == ("yaml-1-1", 4)
    assert warning.message.startswith(f"{written} is {here} here, by YAML 1.2; ")
    assert warning.message.endswith(f"reads {str(there).lower()}")


@pytest.mark.parametrize("written", ["1e5", "1.5e3", "08", "0x1F", "+.5", "'010'", "-0.5"])
def test_a_scalar_that_means_the_same_in_mergekit_is_not_warned_of(written: str) -> None:
    text = f"merge_method: linear\nmodels:\n- model: a\n  parameters: {{weight: {written}}}\n"
    assert parse_to_merge(text).warnings == ()


def test_warnings_of_scalars_are_bounded() -> None:
    weights = ", ".join(["010"] * 5_000)
    text = f"merge_method: linear\nmodels: [{{model: a, parameters: {{weight: [{weights}]}}}}]\n"
    assert len(parse_to_merge(text).warnings) == 100


@pytest.mark.parametrize(
    "template",
    [
        "{{ bos_token }}{% for message in messages %}{{ message.content }}{% endfor %}",
        "{% generation %}{{ messages[0].content }}{% endgeneration %}",
        "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{% endfor %}",
        "{{ messages | tojson(indent=2) }}{{ raise_exception('no') }}",
        "{{ " + "(" * 40_000,  # too long to read in time
    ],
)
def test_a_chat_template_may_be_all_that_transformers_reads(template: str) -> None:
    assert faults(LINEAR | {"chat_template": template}) == []


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("{% for m in messages %}{{ m }}", r"is not Jinja: .*endfor.* \(its line 1\)"),
        ("{{ a }}\n{{ b", r"is not Jinja: .*\(its line 2\)"),
        ("{% generate %}", "unknown tag 'generate'"),
        ("{{ a }}\n{{ m | nofilter }}", r"unknown filter 'nofilter' \(its line 2\)"),
        ("{% if a is odder %}{% for m in a %}{{ m is oddest }}{% endfor %}{% endif %}", "'oddest'"),
        ("{% break %}", "'break' outside of a loop"),
        ("{% for m in a %}{% macro f() %}{% continue %}{% endmacro %}{% endfor %}", "'continue'"),
        ("{{ " + "x" * 300 + "|" + "y" * 20_000 + " }}", "unknown filter 'y{150,}"),
        ("{{ " + "(" * 10_000, "nested too deeply"),
        ("{{ 1" + "0" * 10_000 + " }}", "a number of thousands of digits"),
        ("{% " + "x" * 20_000 + " %}", "is not Jinja"),
    ],
)
def test_a_chat_template_that_is_not_jinja_is_a_fault(template: str, wrong: str) -> None:
    (fault,) = faults(LINEAR | {"chat_template": template})
    assert (fault.path, fault.code) == ("/chat_template", "chat-template")
    assert re.search(wrong, fault.message)
    assert len(fault.message) < 300
    assert fault.line


PIECES = [
    "{{ m | nofilter }}",
    "{{ m is notest }}",
    "{{ m | tojson | upper }}",
    "{% break %}",
    "{% continue %}",
]
AROUND = [
    "{}",
    "{% if a %}{}{% endif %}",
    "{% if a %}{% else %}{}{% endif %}",
    "{% for m in a %}{}{% endfor %}",
    "{% for m in a %}{% else %}{}{% endfor %}",
    "{% for m in a if m %}{}{% endfor %}",
    "{% for m in a recursive %}{}{% endfor %}",
    "{% macro f() %}{}{% endmacro %}",
    "{% call f() %}{}{% endcall %}",
    "{% filter upper %}{}{% endfilter %}",
    "{% set b %}{}{% endset %}",
    "{% with b = 1 %}{}{% endwith %}",
    "{% block c %}{}{% endblock %}",
    "{{ 1 if a else 2 }}{}",
]


@pytest.mark.parametrize("outer", AROUND)
@pytest.mark.parametrize("inner", AROUND)
def test_the_compilers_refusals_are_found_as_jinja_finds_them(outer: str, inner: str) -> None:
    jinja = ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols"])
    for piece in PIECES:
        template = outer.replace("{}", inner.replace("{}", piece))
        try:
            jinja.from_string(template)
            refused = False
        except (TemplateSyntaxError, SyntaxError):
            refused = True
        assert bool(what_is_wrong(template)) == refused, template


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "template", ["{{ 10 ** 10 ** 9 }}", "{{ 'x' * 10 ** 10 }}", "{{ range(10 ** 9) | list }}"]
)
def test_no_constant_of_a_template_is_computed(template: str) -> None:
    assert what_is_wrong(template) is None
