"""`mergehub doctor` against real stores and a real registry: whole ones, and broken ones."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from applications import make_application
from click.testing import CliRunner, Result
from fastapi import FastAPI
from next_release import next_release
from pydantic import SecretStr
from redis.asyncio import Redis
from seaweed import KEY, SECRET, Seaweed
from sqlalchemy.engine import make_url

from mergehub.cli.main import main
from mergehub.contracts.services import SERVICES
from mergehub.hub.doctor import folders, origin
from mergehub.hub.doctor.clock import check_clock
from mergehub.hub.folder import DataFolder
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate, newest
from mergehub.kit.settings.names import known
from mergehub.kit.settings.service import ServiceSettings
from mergehub.secret_files import write_secret
from mergehub.whereabouts import CONNECTION

ROOT = Path(__file__).parents[1]
OWNER, WORKER = "mgh_owner-whom-the-doctor-asks", "mgh_worker-whom-the-doctor-asks"
Environment = Mapping[str, str]
States = dict[str, list[str]]


async def examined(environment: Environment, folder: Path, *options: str) -> Result:
    """`mergehub doctor` with these variables, beside the loop that the registry runs in.

    `folder` is where it looks for data folders.
    """
    command = ["doctor", *options]
    ours = {name: None for name in os.environ if name.startswith("MERGEHUB_")}
    env = ours | {"PATH": "", "XDG_DATA_HOME": str(folder), **environment}  # no driver of a GPU
    return await asyncio.to_thread(CliRunner().invoke, main, command, env=env)


async def findings(
    environment: Environment, folder: Path, *options: str
) -> dict[str, list[dict[str, str]]]:
    """The findings of each check; the exit status must agree with them."""
    done = await examined(environment, folder, "--json", *options)
    told = json.loads(done.stdout)
    broken = any(each["state"] == "failed" for each in told["checks"])
    assert (done.exit_code, told["healthy"]) == (int(broken), not broken), done.output
    found: dict[str, list[dict[str, str]]] = {}
    for each in told["checks"]:
        found.setdefault(each.pop("check"), []).append(each)
    return found


def states(found: Mapping[str, list[dict[str, str]]]) -> States:
    return {check: [each["state"] for each in told] for check, told in found.items()}


@pytest.fixture(scope="module")
async def deployed(
    database_of: Callable[[str], Awaitable[str]],
    redis_url: str,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Environment]:
    """The variables of a hub whose registry runs, with secrets in files."""
    folder = tmp_path_factory.mktemp("deployed")
    (folder / "models" / "base").mkdir(parents=True)
    (folder / "owner").write_text(f"{OWNER}\n")
    settings = ServiceSettings(
        database_url=await database_of("doctor"),
        redis_url=redis_url,
        bootstrap_token=SecretStr(OWNER),
        worker_token=SecretStr(WORKER),
        background="separate",
        rate_reads=0,
        rate_writes=0,
    )
    for service in SERVICES:
        database = Database(settings.database_url, service.name)
        await migrate(database, f"{service.name}.migrations")
        await database.close()
    app = make_application("registry", settings)
    async with app.router.lifespan_context(app), serving(app) as url:
        yield {
            "MERGEHUB_DATABASE_URL": settings.database_url,
            "MERGEHUB_REDIS_URL": settings.redis_url,
            "MERGEHUB_HUB_URL": url,
            "MERGEHUB_BOOTSTRAP_TOKEN_FILE": str(folder / "owner"),
            "MERGEHUB_WORKER_TOKEN": WORKER,
            "MERGEHUB_MODEL_ROOTS": json.dumps([str(folder / "models")]),
            "MERGEHUB_ARTIFACTS": str(folder / "artifacts"),
            "MERGEHUB_SCRATCH": str(folder / "scratch"),
        }


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


async def test_a_whole_deployment_is_healthy(deployed: Environment, tmp_path: Path) -> None:
    done = await examined(deployed, tmp_path)
    assert done.exit_code == 0, done.output
    lines = [re.split(r" {2,}", line) for line in done.stdout.splitlines()]
    assert [(state, check) for state, check, _ in lines] == [
        ("ok", "settings"),
        ("ok", "database"),
        ("ok", "clock"),
        ("ok", "migrations"),
        ("ok", "migrations"),
        ("ok", "migrations"),
        ("ok", "redis"),
        ("ok", "hub"),
        ("ok", "clock"),
        ("ok", "tokens"),
        ("ok", "tokens"),
        ("ok", "folders"),
        ("ok", "folders"),
        ("ok", "folders"),
    ]
    for secret in (OWNER, WORKER):
        assert secret not in done.output


async def test_each_setting_that_is_wrong_is_named_with_what_is_right(
    deployed: Environment, tmp_path: Path
) -> None:
    wrong = {
        "MERGEHUB_EVENTS_DAYS": "abc",
        "MERGEHUB_REQUIRE_TOKN": "true",
        "MERGEHUB_SECRETS_KEY_FILE": "/run/secrets/keys",
        "MERGEHUB_SERVICE_TOKEN_FILE": str(tmp_path / "missing"),
        "MERGEHUB_ZOO": "1",
        "MERGEHUB_REGISTRY_SERVICE_HOST": "10.0.0.1",
        "MERGEHUB_REGISTRY_SERVICE_PORT": "8000",
        "MERGEHUB_REGISTRY_PORT_8000_TCP_ADDR": "10.0.0.1",
    }
    told = (await findings({**deployed, **wrong}, tmp_path))["settings"]
    missing = f"MERGEHUB_SERVICE_TOKEN_FILE names {tmp_path / 'missing'}, which cannot be read: "
    unknown = "is not a variable of Mergehub."
    assert [tuple(each.values()) for each in told] == [
        ("failed", f"{missing}No such file or directory.", ""),
        (
            "failed",
            "MERGEHUB_EVENTS_DAYS cannot be read: it should be a valid integer.",
            "Write it as in MERGEHUB_EVENTS_DAYS=90.",
        ),
        ("failed", f"MERGEHUB_REQUIRE_TOKN {unknown}", "Write MERGEHUB_REQUIRE_TOKEN."),
        ("failed", f"MERGEHUB_SECRETS_KEY_FILE {unknown}", "Write MERGEHUB_SECRETS_KEYS_FILE."),
        (
            "warning",
            "No program of this release reads MERGEHUB_ZOO.",
            "Remove it, or look its name up in shared/README.md (services and shells), "
            "services/registry/README.md or services/merge-worker/README.md.",
        ),
    ]


@pytest.mark.parametrize("readme", ["shared", *sorted(f"services/{each}" for each in (
    "registry", "lineage", "leaderboard", "merge-worker"))])  # fmt: skip
def test_every_variable_of_the_documentation_is_known(readme: str) -> None:
    text = (ROOT / readme / "README.md").read_text()
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `MERGEHUB_")]
    named = {name for row in rows for name in re.findall(r"`(MERGEHUB_\w+)`", row)}
    assert named
    assert named <= known()


async def test_stores_and_a_hub_that_do_not_answer_are_named(
    closed_port: int, tmp_path: Path
) -> None:
    found = await findings(
        {
            "MERGEHUB_DATABASE_URL": f"postgresql://u:secret@127.0.0.1:{closed_port}/hub",
            "MERGEHUB_REDIS_URL": f"redis://:secret@127.0.0.1:{closed_port}/0",
            "MERGEHUB_HUB_URL": f"http://127.0.0.1:{closed_port}",
        },
        tmp_path,
    )
    assert states(found) == {
        "settings": ["ok"], "database": ["failed"], "redis": ["failed"], "hub": ["failed"]
    }  # fmt: skip
    for check, variable in (("database", "DATABASE"), ("redis", "REDIS"), ("hub", "HUB")):
        (told,) = found[check]
        assert str(closed_port) in told["found"]
        assert "secret" not in told["found"]
        assert f"check host and port of MERGEHUB_{variable}_URL" in told["right"] or check == "hub"


async def test_a_bucket_is_tried_and_what_is_wrong_with_it_is_said(
    seaweed: Seaweed, closed_port: int, tmp_path: Path
) -> None:
    place = seaweed.place()
    right = {
        "MERGEHUB_ARTIFACTS": place.url,
        "MERGEHUB_S3_ENDPOINT": seaweed.endpoint,
        "MERGEHUB_S3_ACCESS_KEY": KEY,
        "MERGEHUB_S3_SECRET_KEY": SECRET,
    }

    async def told(**wrong: str) -> tuple[str, str]:
        given = {**right, **{f"MERGEHUB_{name}": value for name, value in wrong.items()}}
        found = await findings(
            {"MERGEHUB_HUB_URL": f"http://127.0.0.1:{closed_port}", **given}, tmp_path
        )
        assert "folders" not in found
        ((state, what, remedy),) = [tuple(each.values()) for each in found["artifacts"]]
        assert SECRET not in what + remedy
        return state, f"{what}: {remedy}"

    assert (await told())[0] == "ok"
    assert not list(
        seaweed.client()
        .list_objects_v2(Bucket=place.bucket, Prefix=place.prefix)
        .get("Contents", ())
    )
    for wrong, remedy in (
        ({"S3_SECRET_KEY": "not-the-secret"}, "does not belong to MERGEHUB_S3_ACCESS_KEY"),
        ({"ARTIFACTS": "s3://another/models"}, "There is no such bucket: create it"),
        ({"S3_ENDPOINT": f"http://127.0.0.1:{closed_port}"}, "must be its origin"),
    ):
        state, said = await told(**wrong)
        assert state == "failed"
        assert remedy in said


async def test_an_address_that_is_none_is_said_so(tmp_path: Path) -> None:
    wrong = {"MERGEHUB_DATABASE_URL": "postgresql://u:secret@host:port/x"}
    (told,) = (await findings(wrong, tmp_path))["database"]
    assert told["found"] == "MERGEHUB_DATABASE_URL is not an address"


@pytest.fixture
async def locked_role(deployed: Environment) -> AsyncIterator[tuple[str, str]]:
    """The URLs of a role that has a password: with the right one, and with a wrong one."""
    url = make_url(deployed["MERGEHUB_DATABASE_URL"])
    server = await asyncpg.connect(url.render_as_string(hide_password=False))
    rules = Path(await server.fetchval("SHOW hba_file"))
    if not rules.exists():  # noqa: ASYNC240 - a look at the disk of this machine
        pytest.skip("the rules of the server that is named are on another machine")
    before = rules.read_text()  # noqa: ASYNC240
    await server.execute("CREATE ROLE patient LOGIN SUPERUSER PASSWORD 'right'")
    rules.write_text(f"local all patient scram-sha-256\n{before}")  # noqa: ASYNC240
    await server.execute("SELECT pg_reload_conf()")
    made = url.set(username="patient")
    right, wrong = (made.set(password=each) for each in ("right", "wrong"))
    yield right.render_as_string(hide_password=False), wrong.render_as_string(hide_password=False)
    rules.write_text(before)  # noqa: ASYNC240
    await server.execute("SELECT pg_reload_conf()")
    await server.execute("DROP ROLE patient")
    await server.close()


async def test_a_wrong_password_of_the_database_is_said_so(
    locked_role: tuple[str, str], tmp_path: Path, until: Callable[..., Awaitable[None]]
) -> None:
    async def refused() -> bool:  # as soon as the server has read its rules again
        found = await findings({"MERGEHUB_DATABASE_URL": locked_role[1]}, tmp_path)
        return found["database"][0]["state"] == "failed"

    await until(refused)
    (told,) = (await findings({"MERGEHUB_DATABASE_URL": locked_role[1]}, tmp_path))["database"]
    assert 'password authentication failed for user "patient"' in told["found"]
    assert told["right"].startswith("Put the user and the password of the database into MERGEHUB_")
    found = await findings({"MERGEHUB_DATABASE_URL": locked_role[0]}, tmp_path)
    assert found["database"][0]["state"] == "ok"


@pytest.mark.parametrize("url", ["unix:///tmp/s?db=0", "redis://127.0.0.1:6379/0"])
async def test_the_address_of_redis_is_one_that_a_worker_can_use(url: str, tmp_path: Path) -> None:
    (told,) = (await findings({"MERGEHUB_REDIS_URL": url}, tmp_path))["redis"]
    assert url in told["found"]


async def test_a_wrong_password_of_redis_is_said_so(redis_url: str, tmp_path: Path) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.acl_setuser("patient", enabled=True, passwords=["+right"], commands=["+@all"])
        try:
            for password, state in (("right", "ok"), ("wrong", "failed")):
                named = {"MERGEHUB_REDIS_URL": _with_user(redis_url, f"patient:{password}")}
                (told,) = (await findings(named, tmp_path))["redis"]
                assert told["state"] == state, told
                assert password not in told["found"]
        finally:
            await redis.acl_deluser("patient")
    assert told["right"].startswith("Put the user and the password of the server into MERGEHUB_R")


def _with_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


@pytest.mark.parametrize(("mode", "state"), [("separate", "failed"), ("inline", "warning")])
async def test_missing_migrations_are_named_with_the_job_that_makes_them(
    fresh_database: str, tmp_path: Path, mode: str, state: str
) -> None:
    named = {"MERGEHUB_DATABASE_URL": fresh_database, "MERGEHUB_MIGRATIONS": mode}
    found = await findings(named, tmp_path)
    assert states(found)["migrations"] == [state] * 3
    head, told = newest("registry.migrations"), found["migrations"][0]
    assert told["found"] == f"The migration {head} of registry is missing (there are no tables)."
    right = "Run `python -m registry migrate`." if mode == "separate" else "The service migrates "
    assert told["right"].startswith(right)


async def test_tables_of_a_newer_release_are_a_warning(fresh_database: str, tmp_path: Path) -> None:
    later = next_release(tmp_path / "next", "lineage", "def upgrade():\n    pass\n")
    database = Database(fresh_database, "lineage")
    await migrate(database, later)
    await database.close()
    found = await findings({"MERGEHUB_DATABASE_URL": fresh_database}, tmp_path)
    newer = {"state": "warning", "found": "lineage is at next, of a newer release."}
    assert newer.items() <= found["migrations"][1].items()


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


async def test_folders_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    named = {
        "MERGEHUB_ARTIFACTS": str(file / "artifacts"),
        "MERGEHUB_MODEL_ROOTS": json.dumps([str(tmp_path), str(tmp_path / "missing")]),
        "MERGEHUB_TASK_ROOTS": json.dumps([str(file)]),
    }
    told = (await findings(named, tmp_path))["folders"]
    assert [(each["state"], each["found"].rpartition(": ")[2]) for each in told] == [
        ("failed", "Not a directory"),
        ("ok", "readable, 0 folders"),
        ("failed", "No such file or directory"),
        ("failed", "Not a directory"),
    ]


@pytest.mark.parametrize(("limit", "state"), [("LOW_BYTES", "failed"), ("ENOUGH_BYTES", "warning")])
async def test_a_disk_that_is_nearly_full_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, state: str
) -> None:
    monkeypatch.setattr(folders, limit, 1 << 60)
    (told,) = (await findings({"MERGEHUB_SCRATCH": str(tmp_path)}, tmp_path))["folders"]
    assert told["state"] == state


@pytest.mark.process
async def test_a_gpu_is_asked_about_if_the_worker_needs_one(tmp_path: Path) -> None:
    """The simulator of numba stands for a GPU that works, its switch for one that does not."""
    for name, value, state in (
        ("NUMBA_ENABLE_CUDASIM", "1", "ok"),
        ("NUMBA_DISABLE_CUDA", "1", "failed"),
    ):
        env = {"MERGEHUB_HARDWARE": "gpu", name: value, "NUMBA_ENABLE_CUDASIM": "0"} | {name: value}
        (told,) = (await findings(env, tmp_path))["gpu"]
        assert told["state"] == state, told
    assert told["found"].startswith("no merge can use CUDA: ")
    assert "gpu" not in await findings({"MERGEHUB_HARDWARE": "cpu"}, tmp_path)


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


async def test_variables_are_counted_in_good_english(tmp_path: Path) -> None:
    for given, found in (
        ({}, "no variable of Mergehub is set"),
        ({"MERGEHUB_LOG_LEVEL": "info"}, "1 variable is set, known and readable"),
        (
            {"MERGEHUB_LOG_LEVEL": "info", "MERGEHUB_RUNS": "1"},
            "2 variables are set, all known and readable",
        ),
    ):
        (told,) = (await findings(given, tmp_path))["settings"]
        assert told["found"] == found


async def test_the_defaults_of_a_worker_are_examined(
    deployed: Environment,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("MERGEHUB_WORKER_TOKEN", "MERGEHUB_HUB_URL")
    found = await findings({name: deployed[name] for name in names}, tmp_path)
    (told,) = found["redis"]
    assert "localhost:6379" in told["found"]
    assert [each["found"].partition(", ")[0] for each in found["folders"]] == [
        f"MERGEHUB_ARTIFACTS {tmp_path / 'artifacts'}: will be made in {tmp_path}",
        f"MERGEHUB_SCRATCH {tmp_path / 'scratch'}: will be made in {tmp_path}",
    ]
    given = {name: deployed[name] for name in names} | {"MERGEHUB_REDIS_URL": redis_url}
    assert states(await findings(given, tmp_path))["redis"] == ["ok"]


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
