"""Examines a deployment by its variables, or a hub of `mergehub up` by its data folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mergehub.client.connection import DEFAULT_URL
from mergehub.hub.doctor.bucket import check_bucket
from mergehub.hub.doctor.environment import check_settings
from mergehub.hub.doctor.finding import Finding, failed, given
from mergehub.hub.doctor.folders import check_folders
from mergehub.hub.doctor.gpu import check_gpu
from mergehub.hub.doctor.origin import check_origin
from mergehub.hub.doctor.redis_server import check_redis
from mergehub.kit.settings.environment import variable_of
from mergehub.kit.settings.service import WorkerSettings
from mergehub.variables import with_files
from mergehub.whereabouts import read_connection

TOKENS = ("BOOTSTRAP_TOKEN", "WORKER_TOKEN", "SERVICE_TOKEN", "TOKEN")
HUB = ("HUB_URL", "URL", *TOKENS)
"""Variables that name a hub and what it accepts."""
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "HUB_URL", "WORKER_TOKEN", "URL")
"""Variables that name another hub than the one of a data folder."""


def diagnose(
    environment: Mapping[str, str], folder: Path | None, *, asked: bool = False
) -> Iterator[Finding]:
    """Every finding, in the order in which faults follow from one another.

    `folder` is the data folder of `mergehub up`; None if its variable cannot be read. It counts if
    it is `asked` for, whatever the variables name, or if no variable names another hub.
    """
    yield from check_settings(environment)
    elsewhere = any(given(environment, name) for name in ELSEWHERE)
    if folder is not None and (asked or not elsewhere):
        if (folder / "lock").exists():
            environment = _of_folder(folder, _without(HUB, environment) if asked else environment)
            if not read_connection(folder):
                yield failed("hub", f"no hub runs on {folder}", f"Start it: {_start(folder)}")
                yield from check_folders(environment)
                return
        elif asked or given(environment, "DATA"):
            yield _no_hub(folder)
            return
    if _is_worker(environment):
        environment = {**_defaults_of_worker(environment), **environment}
    yield from _stores(environment)
    yield from _hub(environment, read_connection(folder) if folder is not None else {})
    yield from check_folders(environment)
    yield from check_bucket(environment)
    yield from check_gpu(environment)


def _no_hub(folder: Path) -> Finding:
    what = "holds no hub" if folder.exists() else "does not exist"
    right = f"Name the data folder of a hub with --data, or make a hub there: {_start(folder)}"
    return failed("hub", f"the data folder {folder} {what}", right)


def _start(folder: Path) -> str:
    return f"mergehub up --data {folder}"


def _is_worker(environment: Mapping[str, str]) -> bool:
    """Whether the variables are a worker's: the registry has its token, too, and a database."""
    services = with_files(["MERGEHUB_DATABASE_URL"])
    return bool(given(environment, "WORKER_TOKEN")) and not any(map(environment.get, services))


def _defaults_of_worker(environment: Mapping[str, str]) -> dict[str, str]:
    """What a worker uses where no variable is set."""
    return {
        name: str(WorkerSettings.model_fields[field].default)
        for field in ("redis_url", "artifacts", "scratch")
        if not any(map(environment.get, with_files([name := variable_of(WorkerSettings, field)])))
    }


def _without(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    left_out = {*with_files(f"MERGEHUB_{name}" for name in names)}
    return {name: value for name, value in environment.items() if name not in left_out}


def _of_folder(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with the variables that `mergehub up` gives its programs, which are checked."""
    from mergehub.hub.postgres import Postgres
    from mergehub.hub.valkey import Valkey

    settings = {
        "DATABASE_URL": Postgres(folder / "pg").url,
        "REDIS_URL": Valkey(folder / "vk").url,
        "DATA": str(folder),
        "ARTIFACTS": str(folder / "artifacts"),
        "SCRATCH": str(folder / "scratch"),
        "MODEL_ROOTS": json.dumps([str(folder / "models")]),
    }
    for name, part in (("DATABASE_URL", "pg"), ("REDIS_URL", "vk")):
        if (url := given(environment, name)) and not (folder / part).exists():
            settings[name] = url  # `mergehub up` was told to use this one
    told = {f"MERGEHUB_{name}": value for name, value in settings.items()}
    return _without(settings, environment) | told


def _stores(environment: Mapping[str, str]) -> Iterator[Finding]:
    if url := given(environment, "DATABASE_URL"):
        try:
            from mergehub.hub.doctor.database import check_database
        except ModuleNotFoundError as error:
            right = "Run the check where a service is installed; workers need no database."
            yield failed("database", f"the package {error.name} is not installed", right)
        else:
            yield from asyncio.run(check_database(url, environment))
    if url := given(environment, "REDIS_URL"):
        yield from check_redis(url)


def _hub(environment: Mapping[str, str], here: Mapping[str, str]) -> Iterator[Finding]:
    """The hub that the variables name, else the one that runs `here`, as shells find it."""
    url = given(environment, "HUB_URL") or given(environment, "URL")
    found = {f"MERGEHUB_{name}": given(environment, name) for name in TOKENS}
    if url is None and "url" in here:
        url, found = here["url"], found | {"the owner's token": here.get("token")}
    tokens = {name: token for name, token in found.items() if token}
    yield from check_origin((url or DEFAULT_URL).rstrip("/"), tokens)
