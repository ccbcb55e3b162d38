"""Recipes from files into a real hub, and out of it again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from running import RunningHub

from mergehub.cli.main import main

DATA = os.environ.get("MERGEHUB_REAL_DATA")
real = pytest.mark.skipif(DATA is None, reason="MERGEHUB_REAL_DATA names no folder of recipes")

RECIPE = "merge_method: linear\nmodels:\n  - {model: org/left, parameters: {weight: 1}}\n"


@pytest.fixture
def mergehub(hub: RunningHub) -> Any:
    def mergehub(*arguments: str) -> Result:
        words = ["--url", hub.url, "--token", hub.token, *arguments]
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return mergehub


def report(done: Result) -> dict[str, Any]:
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_folder_is_imported_once_and_each_fault_has_its_file_and_line(
    mergehub: Any, tmp_path: Path
) -> None:
    wrong = RECIPE.replace("linear", "linaer")
    (tmp_path / "exchange-steps.yml").write_text(f"name: one\n{RECIPE}---\n{RECIPE}---\n{wrong}")
    card = f"---\nlicense: mit\n---\n\n```yaml\n{wrong}```\n"
    (tmp_path / "exchange-card.md").write_text(card)
    dry = report(mergehub("import", str(tmp_path), "--dry-run", "--json"))
    first = report(mergehub("import", str(tmp_path), "--json"))
    again = report(mergehub("import", str(tmp_path), "--json"))
    assert dry["counts"] == first["counts"]
    assert first["counts"] == {"published": 2, "version": 0, "known": 0, "refused": 2}
    assert again["counts"] == {"published": 0, "version": 0, "known": 2, "refused": 2}
    names = {each["name"].partition("/")[2] for each in first["recipes"]}
    assert names == {"exchange-steps-one", "exchange-steps"}
    places = [(row["file"], row["faults"][0]["line"]) for row in first["refused"]]
    assert places == [("exchange-card.md", 6), ("exchange-steps.yml", 10)]
    shown = mergehub("import", str(tmp_path)).stdout
    assert "exchange-steps.yml:10" in shown
    assert "linear" in shown


def test_an_import_of_which_nothing_is_taken_fails(mergehub: Any, tmp_path: Path) -> None:
    (tmp_path / "exchange-wrong.yml").write_text(RECIPE.replace("linear", "linaer"))
    done = mergehub("import", str(tmp_path), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["counts"]["refused"] == 1


def test_an_exported_card_is_imported_under_another_name_as_the_same_recipe(
    mergehub: Any, tmp_path: Path
) -> None:
    (tmp_path / "exchange-soup.yml").write_text(RECIPE)
    (one,) = report(mergehub("import", str(tmp_path), "--json"))["recipes"]
    card, copy = tmp_path / "card.md", tmp_path / "copy.yml"
    for form, file in (("card", card), ("yaml", copy)):
        assert mergehub("export", one["name"], "--as", form, "-o", str(file)).exit_code == 0
    assert copy.read_text() == RECIPE
    done = report(mergehub("import", str(card), "--name", "exchange-copy", "--json"))
    assert [each["digest"] for each in done["recipes"]] == [one["digest"]]
    bom = mergehub("export", f"{one['name']}@1", "--as", "cyclonedx").stdout
    assert json.loads(bom)["specVersion"] == "1.7"


def test_everything_exported_is_known_when_it_is_imported(mergehub: Any, tmp_path: Path) -> None:
    (tmp_path / "exchange-all.yml").write_text(RECIPE)
    report(mergehub("import", str(tmp_path), "--json"))
    everything = tmp_path / "all.jsonl"
    assert mergehub("export", "--everything", "-o", str(everything)).exit_code == 0
    rows = [json.loads(line) for line in everything.read_text().splitlines()]
    mine = [row for row in rows if row["owner"] == "local"]
    assert "exchange-all" in {row["name"] for row in mine}
    everything.write_text("".join(json.dumps(row) + "\n" for row in mine))
    counts = report(mergehub("import", str(everything), "--json"))["counts"]
    assert counts == {"published": 0, "version": 0, "known": len(mine), "refused": 0}


@real
@pytest.mark.parametrize(
    ("folder", "accepted", "refused"), [("recipes", 200, 31), ("cards", 32, 7)]
)
def test_the_recipes_of_other_people_are_imported_or_refused_with_reasons(
    mergehub: Any, folder: str, accepted: int, refused: int
) -> None:
    done = report(mergehub("import", f"{DATA}/{folder}", "--dry-run", "--json"))
    counts = done["counts"]
    assert (counts["published"], counts["refused"]) == (accepted, refused)
    assert all(row["faults"] and row["faults"][0]["line"] for row in done["refused"])
