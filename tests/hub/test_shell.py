"""The shell against a running hub: what an operator does after a failure."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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
    run = failed.stdout.split()[0]
    shutil.copytree(models / "right", models / "absent")
    try:
        again = mergehub("retry", run[:8], "--follow")
    finally:
        shutil.rmtree(models / "absent")
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith(f"{run}  queued\n")
    assert "merged:" in again.stdout
    refused = mergehub("retry", run)
    assert refused.exit_code == 1
    assert "has succeeded" in refused.output


@pytest.fixture(scope="module")
def completing(hub: RunningHub) -> dict[str, str]:
    """The variables by which a shell finds a hub that has a recipe to complete."""
    with hub.client() as client:
        client.publish(RECIPE % "right", "completed", tags=["completed"])
    return {"MERGEHUB_URL": hub.url, "MERGEHUB_TOKEN": hub.token}


@pytest.mark.parametrize(
    ("shell", "words", "last", "expected"),
    [
        ("zsh", "search metho", 2, "method:"),
        ("zsh", "search -- tag:completed method:lin", 4, "method:linear"),
        ("fish", "search method:lin", 2, "method:linear"),
        ("bash", "search tag : completed method : lin", 7, "linear"),
        ("bash", "search tag:completed owner :", 4, "local"),
        ("bash", "search 'tag:completed method:lin", 2, "tag:completed method:linear"),
    ],
)
def test_a_search_is_completed_with_what_the_hub_knows(
    completing: dict[str, str], shell: str, words: str, last: int, expected: str
) -> None:
    at = words.split()[-1] if shell == "fish" else str(last)
    told = {"COMP_WORDS": f"mergehub {words}", "COMP_CWORD": at}
    env = {"_MERGEHUB_COMPLETE": f"{shell}_complete"} | told | completing
    done = CliRunner().invoke(main, [], prog_name="mergehub", env=env)
    assert expected in re.split(r"[\n,\t]", done.stdout.replace("\\:", ":"))
    away = env | {"MERGEHUB_URL": "http://127.0.0.1:9"}
    done = CliRunner().invoke(main, [], prog_name="mergehub", env=away)
    assert done.output.strip() == ""


def test_workers_and_what_waits_are_shown(mergehub: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(RECIPE % "right")
    submitted = mergehub("submit", str(recipe), "--name", "shell/gpu", "--hardware", "gpu:80gb")
    assert submitted.exit_code == 0, submitted.output
    assert "No gpu:80gb worker" in submitted.stderr
    assert "the run waits until one registers" in submitted.stderr
    deadline = time.monotonic() + 30
    while not (told := json.loads(mergehub("workers", "--json").output))["workers"]:
        assert time.monotonic() < deadline
    (worker,) = told["workers"]
    assert (worker["alive"], worker["hardware"], worker["run"]) == (True, "cpu", None)
    shown = mergehub("workers").output
    assert worker["name"] in shown
    assert "idle" in shown
    assert "gpu:80gb: 1 due, 0 later" in shown
    assert mergehub("cancel", submitted.stdout.strip()).output == "cancelled\n"


def test_a_limit_of_no_time_is_refused(mergehub: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yml"
    recipe.write_text(RECIPE % "right")
    refused = mergehub("submit", str(recipe), "--name", "shell/hasty", "--timeout", "0")
    assert refused.exit_code == 2
    assert "0 is not in the range" in refused.output


@pytest.fixture
def recipe(tmp_path: Path, mergehub: Any) -> str:
    """The name of a published recipe."""
    file = tmp_path / "tiny-ties.yml"
    file.write_text(RECIPE % "right")
    assert mergehub("publish", str(file)).exit_code == 0
    return "tiny-ties"


def test_login_to_a_hub_where_nobody_signs_in_says_so_at_once(mergehub: Any) -> None:
    for options in ([], ["--paste"]):
        refused = mergehub("login", *options)
        assert refused.exit_code == 1
        assert refused.stdout == ""
        assert "This hub has no OpenID provider." in refused.stderr
        assert "MERGEHUB_TOKEN" in refused.stderr


@pytest.mark.parametrize("command", [("show", "tiny-tie"), ("submit", "tiny-tie", "--name", "a/b")])
def test_a_misspelt_recipe_names_the_nearest(
    mergehub: Any, recipe: str, command: tuple[str, ...]
) -> None:
    refused = mergehub(*command)
    assert refused.exit_code == 1
    assert refused.stderr == (
        "Error: There is no recipe called 'tiny-tie'. Did you mean local/tiny-ties?\n"
    )


def test_a_misspelt_model_names_the_nearest(mergehub: Any, recipe: str) -> None:
    assert mergehub("submit", recipe, "--name", "local/spelt", "--follow").exit_code == 0
    mergehub_lineage = _until(lambda: mergehub("lineage", "local/spelt"))
    assert mergehub_lineage.stdout.splitlines()[0] == "local/spelt"
    refused = mergehub("lineage", "local/spellt")
    assert "Did you mean local/spelt?" in refused.stderr


def _until(command: Callable[[], Result]) -> Result:
    """The result once the command succeeds, since events are applied with a delay."""
    deadline = time.monotonic() + 30
    while (done := command()).exit_code != 0:
        assert time.monotonic() < deadline, done.output
    return done


def test_recipes_are_listed_and_shown_in_full(mergehub: Any, recipe: str) -> None:
    assert "local/tiny-ties" in mergehub("recipes").stdout
    shown = mergehub("show", recipe).stdout
    assert shown.startswith("recipe      local/tiny-ties@1\n")
    assert shown.endswith(RECIPE % "right")
    told = json.loads(mergehub("show", f"{recipe}@1", "--json").stdout)
    assert told["source"] == RECIPE % "right"


def test_a_recipe_is_forked_renamed_archived_and_deleted(
    mergehub: Any, recipe: str, tmp_path: Path
) -> None:
    def done(*arguments: str) -> str:
        finished = mergehub(*arguments)
        assert finished.exit_code == 0, finished.output
        return str(finished.stdout)

    forked = done("fork", recipe, "--name", "forked", "--licence", "Apache 2.0", "--unlisted")
    assert forked == "local/forked@1 forked from local/tiny-ties@1\n"
    assert done("recipes", "rename", "forked", "renamed") == "local/renamed renamed\n"
    assert done("recipes", "change", "renamed", "--title", "T") == "local/renamed changed\n"
    for former in ("forked", "local/forked"):
        shown = done("show", former)
        rows = {line.partition(" ")[0]: line.split()[1:] for line in shown.splitlines()[:12]}
        assert rows["recipe"] == ["local/renamed@1"]
        assert (rows["visibility"], rows["licence"]) == (["unlisted"], ["apache-2.0"])
        assert rows["forked"] == ["from", "local/tiny-ties@1"]
        assert rows["same"][0] == "as"
        twins = json.loads(done("show", former, "--json"))["twins"]
        assert "tiny-ties" in [each["name"] for each in twins]
    changed = json.loads(done("recipes", "change", "renamed", "--no-licence", "--json"))
    assert changed["licence"] is None
    done("recipes", "archive", "renamed")
    assert "local/renamed" not in done("recipes", "--limit", "200")
    assert "local/renamed" in done("recipes", "list", "--archived")
    refused = mergehub("publish", str(tmp_path / "tiny-ties.yml"), "--name", "renamed")
    assert "is archived" in refused.stderr
    done("recipes", "unarchive", "renamed")
    assert json.loads(done("recipes", "delete", "renamed", "--json"))["deleted"]
    assert mergehub("show", "local/renamed").exit_code == 1


def test_a_run_is_found_by_how_its_id_begins(mergehub: Any, recipe: str) -> None:
    queued = ("submit", recipe, "--name", "local/short", "--hardware", "gpu")
    told = json.loads(mergehub(*queued, "--json").stdout)
    run = told["id"]
    assert mergehub("show", run[:9]).stdout.startswith(f"run        {run}\n")
    assert json.loads(mergehub("cancel", run[:6].upper(), "--json").stdout)["state"] == "cancelled"
    followed = mergehub("follow", run[:12], "--json")
    assert followed.exit_code == 1
    assert [json.loads(line)["id"] for line in followed.stdout.splitlines()] == [run]
    assert mergehub("follow", run[:5]).exit_code == 2
    unknown = mergehub("follow", "ffffffff-ffff")
    assert unknown.exit_code == 1
    assert "begins with ffffffff-ffff" in unknown.stderr


def test_a_token_is_revoked_by_how_its_id_begins(mergehub: Any) -> None:
    create = ("tokens", "create", "short", "--scope", "runs:submit", "--json")
    made = json.loads(mergehub(*create).stdout)
    assert made["id"] in mergehub("tokens", "list").stdout
    told = json.loads(mergehub("tokens", "revoke", made["id"][:8], "--json").stdout)
    assert told == {"id": made["id"], "revoked": True}
    refused = mergehub("tokens", "revoke", "ownr")
    assert "Did you mean owner?" in refused.stderr


def test_ctrl_c_stops_watching_and_not_the_run(hub: RunningHub, recipe: str, mergehub: Any) -> None:
    told = json.loads(
        mergehub("submit", recipe, "--name", "local/on", "--hardware", "gpu", "--json").stdout
    )
    command = [Path(sys.prefix) / "bin" / "mergehub", "--url", hub.url, "--token", hub.token]
    with subprocess.Popen(
        [*command, "follow", told["id"][:8]], stderr=subprocess.PIPE, text=True
    ) as follower:
        assert follower.stderr is not None
        assert follower.stderr.readline() == "waiting for a worker\n"
        follower.send_signal(signal.SIGINT)
        said = follower.communicate(timeout=60)[1]
    assert follower.returncode == 1
    assert "You stopped watching; the run continues." in said
    assert f"mergehub cancel {told['id']}" in said
    assert json.loads(mergehub("cancel", told["id"], "--json").stdout)["state"] == "cancelled"


def test_what_was_published_is_found_counted_and_likened(mergehub: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yml"
    for name, other in (("findable-soup", "right"), ("findable-stew", "wrong")):
        recipe.write_text(RECIPE % other)
        assert mergehub("publish", str(recipe), "--name", name, "--tag", "findable").exit_code == 0
    found = mergehub("search", "ingredient:right tag:findabel method:linear", "--facets")
    assert found.exit_code == 0, found.output
    assert "local/findable-soup" in found.stdout
    assert "findable-stew" not in found.stdout
    assert "searched for 'findable'" in found.stderr
    alike = json.loads(mergehub("search", "--similar-to", "findable-soup", "--json").stdout)
    assert "findable-stew" in [each["name"] for each in alike]
    refused = mergehub("search", "bse:right")
    assert refused.exit_code == 1
    assert "did you mean 'base'?" in refused.stderr
