"""Services whose tables a job migrates (`MERGEHUB_MIGRATIONS=separate`)."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from applications import make_application
from captured_logs import captured_logs
from forked import forked
from next_release import ADDED, next_release
from pydantic import SecretStr

from mergehub.contracts.services import SERVICES, Service
from mergehub.kit.background.process import loops_of, watched_loops
from mergehub.kit.background.resources import open_resources
from mergehub.kit.database.database import Database
from mergehub.kit.database.schema import migrate, newest
from mergehub.kit.settings.service import ServiceSettings
from registry.background import BACKGROUND

OWNER = "mgh_owner-of-tables-made-apart"
every_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
PUBLISHED = {
    "name": "soup",
    "recipe": "merge_method: linear\nmodels: [{model: org/a}, {model: org/b}]\n",
}
NOTHING = "def upgrade():\n    pass\n"


@pytest.fixture
def settings(fresh_database: str, redis_url: str) -> ServiceSettings:
    return ServiceSettings(
        database_url=fresh_database,
        redis_url=redis_url,
        migrations="separate",
        bootstrap_token=SecretStr(OWNER),
        rate_reads=0,
        rate_writes=0,
    )


@asynccontextmanager
async def running(name: str, settings: ServiceSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service, which runs."""
    app = make_application(name, settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client,
    ):
        yield client


async def migrated_by_its_job(name: str, settings: ServiceSettings, out: Path) -> str:
    """What `python -m <name> migrate` prints; it must end with 0."""
    environment = os.environ | {"MERGEHUB_DATABASE_URL": settings.database_url}
    assert await forked(name, environment, "migrate", out=out).wait() == 0
    return out.read_text().splitlines()[-1]  # noqa: ASYNC240 - a file of one line


@every_service
async def test_a_service_waits_for_its_tables_and_then_serves_without_a_restart(
    service: Service, settings: ServiceSettings, tmp_path: Path
) -> None:
    name, head = service.name, newest(f"{service.name}.migrations")
    async with running(name, settings) as client:
        waits = await client.get("/readyz")
        assert waits.status_code == 503
        assert waits.json()["detail"] == (
            f"The migration {head} of {name} is missing (there are no tables): run "
            f"`python -m {name} migrate`."
        )
        assert (await client.get("/healthz")).status_code == 200
        refused = await client.get(service.prefixes[0])
        assert (refused.status_code, refused.json()["code"]) == (503, "not-ready")
        assert refused.headers["Retry-After"] == "2"

        for said in (
            f"migrated from nothing to {head}",
            f"nothing to do: the tables are at {head}",
        ):
            told = await migrated_by_its_job(name, settings, tmp_path / "out")
            assert told == f"{name}: {said}"
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get(service.prefixes[0])).status_code == 200


async def test_the_tokens_of_the_settings_are_accepted_as_soon_as_there_are_tables(
    settings: ServiceSettings,
) -> None:
    asked = {"headers": {"Authorization": f"Bearer {OWNER}"}}
    async with running("registry", settings) as client:
        assert (await client.get("/v1/accounts/me", **asked)).status_code == 503
        await migrated("registry", settings)
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/accounts/me", **asked)).status_code == 200


async def migrated(name: str, settings: ServiceSettings, package: str | None = None) -> None:
    database = Database(settings.database_url, name)
    await migrate(database, package or f"{name}.migrations")
    await database.close()


async def test_a_service_that_no_probe_asks_serves_as_well(
    settings: ServiceSettings, until: Callable[..., Awaitable[None]]
) -> None:
    """Its own loops look for the tables."""
    settings = settings.model_copy(update={"background": "separate"})
    async with running("registry", settings) as client:
        await migrated("registry", settings)

        async def serves() -> bool:
            return (await client.get("/v1/recipes")).status_code == 200

        await until(serves)


async def test_a_background_process_works_as_soon_as_there_are_tables(
    settings: ServiceSettings, until: Callable[..., Awaitable[None]]
) -> None:
    settings = settings.model_copy(update={"background": "separate"})
    with captured_logs() as logs:
        async with (
            open_resources(BACKGROUND, settings) as resources,
            watched_loops(loops_of(BACKGROUND, resources, background=True), resources),
        ):
            await migrated("registry", settings)
            async with running("registry", settings) as client:
                asked = {"headers": {"Authorization": f"Bearer {OWNER}"}}
                made = await client.post("/v1/recipes", json=PUBLISHED, **asked)
                assert made.status_code == 201, made.text

                async def relayed() -> bool:
                    return bool((await client.get("/v1/events")).json()["items"])

                await until(relayed)
    assert [line for line in logs if line["event"] == "loop.failed"] == []


async def test_a_service_serves_the_tables_of_the_next_release_and_says_so_once(
    settings: ServiceSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that it was started with, and those that the next release makes while it runs."""
    inline = settings.model_copy(update={"migrations": "inline"})
    async with running("lineage", inline) as client:
        await migrated("lineage", settings, next_release(tmp_path, "lineage", NOTHING))
        assert (await client.get("/readyz")).status_code == 200
    capsys.readouterr()
    async with running("lineage", settings) as client:
        for _ in range(2):
            assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/models")).status_code == 200
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (newer,) = [line for line in lines if line["event"] == "tables.newer"]
    assert (newer["schema"], newer["at"], newer["level"]) == ("lineage", ADDED, "warning")
    told = await migrated_by_its_job("lineage", settings, tmp_path / "out")
    assert told == "lineage: nothing to do: the tables are at next, of a newer release"


async def test_a_service_starts_before_its_database_does(settings: ServiceSettings) -> None:
    """As when an orchestrator starts everything at once."""
    away = settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/hub"})
    async with running("registry", away) as client:
        waits = await client.get("/readyz")
        assert (waits.status_code, waits.json()["detail"]) == (
            503,
            "database does not answer: Unavailable.",
        )
        assert (await client.get("/v1/recipes")).json()["code"] == "not-ready"
        assert (await client.get("/healthz")).status_code == 200


WORDS = ("migrate", "set-aside", "replay", "skip-pruned", None)


@pytest.mark.process
@pytest.mark.parametrize("word", WORDS)
async def test_without_a_database_a_command_says_so_in_a_sentence(
    word: str | None, redis_url: str, tmp_path: Path
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        environment = os.environ | {
            "MERGEHUB_DATABASE_URL": f"postgresql://u:secret@127.0.0.1:{port}/x",
            "MERGEHUB_REDIS_URL": redis_url,
            "MERGEHUB_EVENT_DAYS": "7",  # misspelt
        }
        out = tmp_path / "out"
        words = () if word is None else (word,)
        assert await forked("lineage", environment, *words, out=out, err=out).wait() == 1
    lines = out.read_text().splitlines()
    logged = [json.loads(each) for each in lines if each[0] == "{"]
    (line,) = [each for each in lines if each[0] != "{"]
    address = f"MERGEHUB_DATABASE_URL postgresql://u:***@127.0.0.1:{port}/x"
    assert line.removeprefix("lineage: ").removeprefix("not migrated: ").startswith(address)
    assert "Errno 111" in line
    misspelt = [each for each in logged if each["event"] == "settings.unknown"]
    told = [(each["level"], each["variable"], each["write"]) for each in misspelt]
    expected = ("warning", "MERGEHUB_EVENT_DAYS", "MERGEHUB_EVENTS_DAYS")
    assert [each for each in told if "TEST" not in each[1]] == ([] if word else [expected])
