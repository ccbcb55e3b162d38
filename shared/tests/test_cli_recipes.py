"""`check` and `methods`: no hub needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

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
