"""Examines a deployment by its variables, or a hub of `mergehub up` by its data folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from mergehub.client.connection import DEFAULT_URL
from mergehub.hub.doctor.bucket import check_bucket
from mergehub.hub.doctor.environment import check_settings
from mergehub.hub.doctor.finding import Finding, failed, given, warning
from mergehub.hub.doctor.folders import check_folders
from mergehub.hub.doctor.gpu import check_gpu
from mergehub.hub.doctor.origin import check_origin
from mergehub.hub.doctor.redis_server import check_redis
from mergehub.whereabouts import read_connection

TOKENS = ("BOOTSTRAP_TOKEN", "WORKER_TOKEN", "SERVICE_TOKEN", "TOKEN")
DEPLOYED = ("DATABASE_URL", "REDIS_URL", "HUB_URL", "WORKER_TOKEN")
"""Variables that only a deployment sets."""


def diagnose(environment: Mapping[str, str], folder: Path) -> Iterator[Finding]:
    """Every finding, in the order in which faults follow from one another.

    `folder` is the data folder of `mergehub up`; it counts if it is one and no variable names a
    deployment.
    """
    yield from check_settings(environment)
    if (folder / "lock").exists() and not any(given(environment, name) for name in DEPLOYED):
        environment = {**environment, **_of_folder(folder)}
        if not read_connection(folder):
            right = f"Start it: mergehub up --data {folder}"
            yield warning("hub", f"no hub runs on {folder}", right)
            yield from check_folders(environment)
            return
    yield from _stores(environment)
    yield from _hub(environment, read_connection(folder))
    yield from check_folders(environment)
    yield from check_bucket(environment)
    yield from check_gpu(environment)


def _of_folder(folder: Path) -> dict[str, str]:
    """The variables that `mergehub up` gives its programs, as far as they are checked here."""
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
    return {f"MERGEHUB_{name}": value for name, value in settings.items()}


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
