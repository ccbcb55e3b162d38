"""`diff` of two files, which needs no hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mergehub.cli.main import main

OLD = """
merge_method: ties
base_model: org/base
models:
  - model: org/one
    parameters: {density: 0.5}
  - model: org/two
"""
NEW = """
models:
  - model: org/three
  - {model: org/one, parameters: {density: 0.6, weight: 1}}
base_model: org/base
merge_method: ties
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MERGEHUB_URL", "http://127.0.0.1:9")  # no hub is there, nor is one asked
    (tmp_path / "old.yml").write_text(OLD)
    (tmp_path / "new.yml").write_text(NEW)
    return tmp_path


def diff(*words: str, **options: str) -> Result:
    return CliRunner().invoke(main, ["diff", *words], **options)


def test_two_files_are_compared_in_a_table(files: Path) -> None:
    done = diff("old.yml", "new.yml")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "   difference            old.yml              new.yml",
        "-  ingredient org/two    density 1, weight 1  –",
        "+  ingredient org/three  –                    density 1, weight 1",
        "~  density of org/one    0.5                  0.6",
    ]


def test_each_change_has_its_colour_on_a_terminal(files: Path) -> None:
    done = CliRunner().invoke(
        main, ["diff", "old.yml", "new.yml"], color=True, env={"FORCE_COLOR": "1", "COLUMNS": "200"}
    )
    _, removed, added, changed = done.stdout.splitlines()
    assert removed.startswith("\x1b[31m-")
    assert added.startswith("\x1b[32m+")
    assert changed.startswith("\x1b[33m~")


def test_files_that_merge_the_same_have_no_differences(files: Path) -> None:
    (files / "same.yml").write_text(f"# the same\n{OLD}dtype:\n")
    assert diff("old.yml", "same.yml").stdout == (
        "old.yml and same.yml merge the same models in the same way.\n"
    )
    lines = OLD.splitlines(keepends=True)
    (files / "order.yml").write_text("".join([*lines[:4], lines[6], *lines[4:6]]))
    done = diff("old.yml", "order.yml")
    assert "Only the order of models differs, which has no effect." in done.stdout
    told = json.loads(diff("old.yml", "order.yml", "--json").stdout)
    assert (told["total"], told["differences"]) == (0, [])
    assert told["old"]["digest"] != told["new"]["digest"]


def test_a_recipe_that_cannot_be_merged_yet_can_be_compared(files: Path) -> None:
    (files / "union.yml").write_text(f"{OLD}tokenizer_source: union\n")
    assert "tokenizer" in diff("old.yml", "union.yml").stdout


def test_a_file_with_faults_is_refused_with_its_name(files: Path) -> None:
    (files / "bad.yml").write_text(OLD.replace("density", "densty"))
    done = diff("old.yml", "bad.yml")
    assert done.exit_code == 1
    assert "bad.yml has one fault:" in done.stderr
    assert diff("-", "-").exit_code == 2
    assert diff("old.yml", "-", input=OLD).exit_code == 0
    assert "There is no file gone.yml." in diff("old.yml", "gone.yml").stderr
