"""`mergehub doctor` against hubs that are none, another one, or not running."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from doctor.asking import OWNER, Environment, findings, states
from mergehub.hub.doctor import origin
from mergehub.hub.doctor.clock import check_clock
from mergehub.hub.folder import DataFolder
from mergehub.secret_files import write_secret
from mergehub.whereabouts import CONNECTION


async def test_a_token_that_the_hub_does_not_know_is_named(
    deployed: Environment, tmp_path: Path
) -> None:
    found = await findings({**deployed, "MERGEHUB_WORKER_TOKEN": "mgh_other"}, tmp_path)
    assert [(each["state"], each["found"]) for each in found["tokens"]] == [
        ("ok", "the hub accepts MERGEHUB_BOOTSTRAP_TOKEN"),
        ("failed", "the hub does not accept MERGEHUB_WORKER_TOKEN"),
    ]


async def test_a_server_that_is_no_hub_is_said_so(
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]], tmp_path: Path
) -> None:
    async with serving(FastAPI()) as url:
        found = await findings({"MERGEHUB_HUB_URL": url}, tmp_path)
    assert states(found) == {"settings": ["ok"], "hub": ["failed"]}
    assert found["hub"][0]["found"] == f"{url} answers 404 where a hub describes its operations"


async def test_a_hub_of_another_release_is_a_warning(
    deployed: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "__version__", "0.0.9")
    (told,) = (await findings(deployed, tmp_path))["hub"]
    assert (told["state"], told["found"].partition(" at ")[0]) == ("warning", "Mergehub 0.1.0")
    assert told["found"].endswith(", and 0.0.9 here")


@pytest.mark.parametrize(
    ("ahead", "unsure", "state"),
    [(0, 0, "ok"), (-1.9, 0, "ok"), (2.1, 0, "warning"), (2.1, 0.2, "ok"), (-61, 0, "failed")],
)
def test_a_clock_may_be_wrong_by_so_much(ahead: float, unsure: float, state: str) -> None:
    assert check_clock("database", ahead, unsure).state == state


@pytest.mark.parametrize("asked", [True, False])
async def test_a_data_folder_without_a_running_hub_is_a_failure(
    tmp_path: Path, asked: bool
) -> None:
    folder = tmp_path / "mergehub"
    DataFolder(folder).__exit__()
    found = await findings({}, tmp_path, *(["--data", str(folder)] if asked else []))
    assert states(found) == {"settings": ["ok"], "hub": ["failed"], "folders": ["ok"] * 4}
    assert found["hub"][0]["right"] == f"Start it: mergehub up --data {folder}"


async def test_a_folder_that_is_named_and_holds_no_hub_is_said_so(
    deployed: Environment, tmp_path: Path
) -> None:
    """What the command line names counts, whatever the variables name."""
    missing = tmp_path / "missing"
    named = {"MERGEHUB_DATA": str(missing)}
    for environment, folder, what in (
        ({}, missing, "does not exist"),
        (deployed, missing, "does not exist"),
        (deployed, tmp_path, "holds no hub"),
    ):
        found = await findings(environment, tmp_path, "--data", str(folder))
        assert states(found) == {"settings": ["ok"], "hub": ["failed"]}
        assert found["hub"][0]["found"] == f"the data folder {folder} {what}"
    assert states(await findings(named, tmp_path))["hub"] == ["failed"]


async def test_a_folder_that_is_named_counts_more_than_variables(
    deployed: Environment, closed_port: int, tmp_path: Path
) -> None:
    with DataFolder(tmp_path / "data"):
        pass
    left = {"url": f"http://127.0.0.1:{closed_port}", "token": OWNER}
    write_secret(tmp_path / "data" / CONNECTION, left)
    variables = {name: deployed[name] for name in ("MERGEHUB_HUB_URL", "MERGEHUB_WORKER_TOKEN")}
    found = await findings(variables, tmp_path, "--data", str(tmp_path / "data"))
    (told,) = found["hub"]
    assert (told["state"], str(closed_port) in told["found"]) == ("failed", True)


@pytest.mark.parametrize("name", ["URL", "TOKEN", "LOGINS", "DATA"])
async def test_faults_of_the_variables_of_the_shell_are_named(
    name: str, closed_port: int, tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    hub = {"MERGEHUB_HUB_URL": f"http://127.0.0.1:{closed_port}"}
    variable = f"MERGEHUB_{name}"
    for path, why in (("missing", "No such file"), ("empty", "is empty"), (".", "Is a directory")):
        given = {f"{variable}_FILE": str(tmp_path / path)}
        (told,) = (await findings(hub | given, tmp_path))["settings"]
        assert told["state"] == "failed"
        assert told["found"].startswith(f"{variable}_FILE names {tmp_path / path}, which cannot be")
        assert why in told["found"]
    both = {variable: "x", f"{variable}_FILE": str(tmp_path / "empty")}
    (told,) = (await findings(hub | both, tmp_path))["settings"]
    assert told["found"].startswith(f"{variable} and {variable}_FILE are both set")


async def test_a_token_of_a_person_is_replaced_by_signing_in(
    deployed: Environment, tmp_path: Path
) -> None:
    shell = {"MERGEHUB_URL": deployed["MERGEHUB_HUB_URL"], "MERGEHUB_TOKEN": "mgh_other"}
    (told,) = (await findings(shell, tmp_path))["tokens"]
    assert told["state"] == "failed"
    assert told["right"].startswith("Sign in with `mergehub login`, or give MERGEHUB_TOKEN another")


async def test_a_hub_that_a_kill_has_left_is_found_not_to_answer(
    tmp_path: Path, closed_port: int
) -> None:
    with DataFolder(tmp_path / "data"):
        pass
    write_secret(
        tmp_path / "data" / CONNECTION,
        {"url": f"http://127.0.0.1:{closed_port}", "token": OWNER},
    )
    data = str(tmp_path / "data")
    found: dict[str, Any] = await findings({}, tmp_path, "--data", data)
    for check in ("database", "redis", "hub"):
        assert states(found)[check] == ["failed"]
