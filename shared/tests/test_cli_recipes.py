"""`check` and `methods`: no hub needed, and what a known hub adds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from scripted import body, scripted

from mergehub.cli.main import main
from mergehub.recipe import catalogue

GOOD = """
merge_method: ties
base_model: org/base
models:
  - model: org/one
    parameters: {density: 0.5}
  - model: org/two
"""

BAD = """
merge_method: ties
base_model: org/base
models:
  - model: org/one
    parameters: {wieght: 0.5}
  - model: org/two
    parameters: {density: 3}
dtype: bfloat17
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return tmp_path / "recipe.yml"


def test_a_good_recipe_is_called_good(recipe: Path) -> None:
    recipe.write_text(GOOD)
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 0
    assert "ties of org/base, org/one, org/two" in done.output
    assert "sha256:" in done.output


WARNING = {
    "pointer": "/recipe#/base_model",
    "line": 3,
    "code": "base-not-shared",
    "detail": "'org/one' did not come from 'org/base'",
    "suggestion": "did you mean 'org/root'?",
}
CHECKED = {"lineage": "answered", "warnings": [WARNING], "unknown_models": ["org/two"]}


def test_a_known_hub_compares_the_models(recipe: Path) -> None:
    recipe.write_text(GOOD)
    with scripted(body(CHECKED)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe)])
        assert [asked.path for asked in hub.asked] == ["/v1/recipes/check"]
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "  /base_model (line 3)  'org/one' did not come from 'org/base' (did you mean 'org/root'?)",
        "Not compared, since the hub does not know them: org/two",
    ]


def test_a_check_says_as_json_what_lineage_said(recipe: Path) -> None:
    recipe.write_text(GOOD)
    with scripted(body(CHECKED)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe), "--json"])
    answer = json.loads(done.stdout)
    assert (answer["lineage"], done.stderr) == ("answered", "")
    [warning] = answer["warnings"]
    assert (warning["path"], warning["code"]) == ("/base_model", "base-not-shared")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("unavailable", "The models were not compared: the hub's lineage does not answer."),
        ("not-asked", "The models were not compared: the recipe names too many."),
    ],
)
def test_a_check_says_why_nothing_was_compared(recipe: Path, state: str, said: str) -> None:
    recipe.write_text(GOOD)
    answer = body({"lineage": state, "warnings": [], "unknown_models": []})
    with scripted(answer, answer) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe)])
    assert (done.exit_code, done.stderr) == (0, f"{said}\n")


def test_a_lineage_that_has_just_started_is_asked_once_more(recipe: Path) -> None:
    recipe.write_text(GOOD)
    loading = {"lineage": "unavailable", "warnings": [], "unknown_models": []}
    with scripted(body(loading), body(CHECKED)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe)])
        assert len(hub.asked) == 2
    assert "Not compared, since the hub does not know them: org/two" in done.stderr


def test_a_check_needs_no_hub(recipe: Path) -> None:
    recipe.write_text(GOOD)
    away = CliRunner().invoke(main, ["--url", "http://127.0.0.1:9", "check", str(recipe)])
    assert away.exit_code == 0
    assert "The models were not compared: " in away.stderr
    assert "127.0.0.1:9" in away.stderr
    with scripted() as hub:
        offline = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe), "--offline"])
        assert hub.asked == []
    assert (offline.exit_code, offline.stderr) == (0, "")


def test_a_hub_that_refuses_the_recipe_is_quoted(recipe: Path) -> None:
    recipe.write_text(GOOD)
    about = {"code": "recipe-invalid", "title": "No", "type": "/docs/problems/recipe-invalid"}
    problem = {"detail": "The recipe has one fault; see `errors`.", "errors": [], **about}
    with scripted(body(problem, 422)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe)])
    assert done.exit_code == 0
    assert "the hub refuses the check. The recipe has one fault" in done.stderr


def test_a_hub_names_the_base_that_a_recipe_lacks(recipe: Path) -> None:
    recipe.write_text(GOOD.replace("base_model: org/base\n", ""))
    fault = {"pointer": "/recipe#/base_model", "code": "missing", "detail": "is missing"}
    about = {"code": "recipe-invalid", "title": "No", "type": "/docs/problems/recipe-invalid"}
    problem = {"errors": [{**fault, "suggestion": "add base_model: org/root"}], **about}
    with scripted(body({"detail": "No.", **problem}, 422)) as hub:
        done = CliRunner().invoke(main, ["--url", hub.url, "check", str(recipe)])
    away = CliRunner().invoke(main, ["--url", "http://127.0.0.1:9", "check", str(recipe)])
    alone = CliRunner().invoke(main, ["check", str(recipe), "--offline"])
    assert (done.exit_code, away.exit_code, alone.exit_code) == (1, 1, 1)
    assert "(add base_model: org/root)" in done.stderr
    assert away.stderr == alone.stderr
    assert "/base_model" in alone.stderr


def test_a_recipe_may_come_from_standard_input() -> None:
    assert CliRunner().invoke(main, ["check", "-"], input=GOOD).exit_code == 0


def test_every_fault_is_told_with_its_place(recipe: Path) -> None:
    recipe.write_text(BAD)
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 1
    assert "has 3 faults" in done.stderr
    places = [line.split()[0] for line in done.stderr.splitlines()[1:]]
    assert set(places) == {"/models/0/parameters/wieght", "/models/1/parameters/density", "/dtype"}
    assert "'weight'" in done.stderr


def test_a_warning_does_not_refuse_the_recipe(recipe: Path) -> None:
    recipe.write_text(GOOD + "parameters: {int8_mask: true}\n")
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 0
    assert "/parameters/int8_mask" in done.stderr


def test_a_file_that_is_no_text_is_refused_in_words(recipe: Path) -> None:
    recipe.write_bytes(b"\xff\xfe\x00merge")
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 1
    assert "YAML in UTF-8" in done.stderr


def test_a_file_that_is_not_there_is_a_usage_error(recipe: Path) -> None:
    assert CliRunner().invoke(main, ["check", str(recipe)]).exit_code == 2


def test_methods_lists_all_and_explains_each() -> None:
    listed = CliRunner().invoke(main, ["methods"]).output
    assert [line.split()[0] for line in listed.splitlines()] == list(catalogue())
    for name, spec in catalogue().items():
        explained = CliRunner().invoke(main, ["methods", name])
        assert explained.exit_code == 0
        assert all(parameter.doc in explained.output for parameter in spec.parameters)


def test_an_unknown_method_is_answered_with_the_known_ones() -> None:
    done = CliRunner().invoke(main, ["methods", "tiess"])
    assert done.exit_code == 1
    assert "ties" in done.stderr


def test_what_is_not_built_yet_is_no_good_recipe(recipe: Path) -> None:
    recipe.write_text(GOOD + "tokenizer_source: union\nchat_template: chatml\n")
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 1
    assert "/tokenizer_source (line 8)  not built yet: a union of vocabularies" in done.stderr
    assert "/chat_template (line 9)  not built yet: the chat template 'chatml'" in done.stderr


def test_what_is_no_yaml_is_shown_with_its_line(recipe: Path) -> None:
    recipe.write_text("merge_method: linear\nmodels: a: b\n")
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 1
    assert "mapping values are not allowed" in done.stderr
    shown, mark = done.stderr.splitlines()[-2:]
    assert shown == "  models: a: b"
    assert mark.startswith("           ^ (put text with a colon in quotes; ")


def test_a_filter_that_looks_like_an_expression_is_warned_of(recipe: Path) -> None:
    recipe.write_text(GOOD.replace("0.5", "[{filter: 'layers.[01]', value: 0.5}, {value: 1}]"))
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 0
    assert "(line 6)  'layers.[01]' is read as part of a tensor's name" in done.stderr
    assert "/layers.[01]/" in done.stderr


def test_no_control_character_of_a_recipe_reaches_the_terminal(recipe: Path) -> None:
    escape = '"\\e[31m\\x07red"'
    recipe.write_text(f"merge_method: {escape}\n{escape}: 1\nmodels: [{escape}]\n")
    done = CliRunner().invoke(main, ["check", str(recipe)])
    assert done.exit_code == 1
    assert "\x07" not in done.stderr
    assert "\x1b[31m\x07" not in done.stderr


def test_a_method_says_what_its_parameters_must_be_together() -> None:
    done = CliRunner().invoke(main, ["methods", "della"])
    assert "density − epsilon and density + epsilon must be above 0 and below 1" in done.output
