"""The shell against a running hub: what an operator does when something went wrong."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from running import RunningHub

from mergehub.cli.main import main

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: %s}]\n"


@pytest.fixture
def mergehub(hub: RunningHub) -> Any:
    def mergehub(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["--url", hub.url, "--token", hub.token, *arguments])

    return mergehub


def test_a_failed_run_is_tried_again_once_its_cause_is_gone(
    mergehub: Any, models: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(RECIPE % "absent")
    failed = mergehub("submit", str(recipe), "--name", "shell/late", "--follow")
    assert failed.exit_code == 1
    assert "absent" in failed.output
    run = failed.output.split()[0]
    shutil.copytree(models / "right", models / "absent")
    try:
        again = mergehub("retry", run, "--follow")
    finally:
        shutil.rmtree(models / "absent")
    assert again.exit_code == 0, again.output
    assert "merged:" in again.output
    refused = mergehub("retry", run)
    assert refused.exit_code == 1
    assert "has succeeded" in refused.output


def test_workers_and_what_waits_are_shown(mergehub: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(RECIPE % "right")
    submitted = mergehub("submit", str(recipe), "--name", "shell/gpu", "--hardware", "gpu:80gb")
    assert submitted.exit_code == 0, submitted.output
    deadline = time.monotonic() + 30
    while not (told := json.loads(mergehub("workers", "--json").output))["workers"]:
        assert time.monotonic() < deadline
    (worker,) = told["workers"]
    assert (worker["alive"], worker["hardware"], worker["run"]) == (True, "cpu", None)
    shown = mergehub("workers").output
    assert worker["name"] in shown
    assert "idle" in shown
    assert "gpu:80gb: 1 due, 0 later" in shown
    assert mergehub("cancel", submitted.output.strip()).output == "cancelled\n"


def test_a_limit_of_no_time_is_refused(mergehub: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(RECIPE % "right")
    refused = mergehub("submit", str(recipe), "--name", "shell/hasty", "--timeout", "0")
    assert refused.exit_code == 2
    assert "0 is not in the range" in refused.output
