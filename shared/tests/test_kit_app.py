"""The parts that every service gets from the application factory: health, problems, tokens."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.hub.postgres import Postgres
from mergehub.kit.background.resources import Background
from mergehub.kit.http.app import ServiceParts, build_app
from mergehub.kit.http.routes import Router
from mergehub.kit.http.sessions import Session
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal, hash_token, new_token
from mergehub.kit.middleware.bodies import BODY_BYTES
from mergehub.kit.problems.problem import Conflict
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.metrics import Reading

router = Router(prefix="/v1/runs")
READER = new_token()
STRANGER = new_token()


class Body(BaseModel):
    count: int = Field(description="How many <b>")
    title: str | None = None


@router.post("/count")
async def count(body: Body) -> int:
    return body.count


@router.get("/twice")
async def read_twice() -> None: ...


@router.post("/twice")
async def write_twice() -> None: ...


@router.get("/conflict")
async def conflict() -> None:
    raise Conflict("Another client holds it.")


@router.get("/crash")
async def crash() -> None:
    raise RuntimeError("secret detail")


@router.get("/admin")
async def admin(principal: Annotated[Principal, Depends(requires("runs:submit"))]) -> str:
    return principal.name


@router.post("/store")
async def store(session: Session) -> None:
    await session.execute(text("CREATE TABLE IF NOT EXISTS kept (at timestamptz)"))
    await session.execute(text("INSERT INTO kept VALUES (now())"))


@router.get("/braces")
async def braces() -> None:
    raise HTTPException(418, "{braces} are text")


@router.get("/slow")
async def slow(session: Session) -> None:
    await session.execute(text("SELECT pg_sleep(0.5)"))


@router.post("/store-and-crash")
async def store_and_crash(session: Session) -> None:
    await session.execute(text("CREATE TABLE half_done (at timestamptz)"))
    raise Conflict("No.")


class TwoTokens:
    async def principal(self, token: str) -> Principal | None:
        known = {
            hash_token(READER): Principal("reader", frozenset({"recipes:read"})),
            hash_token(STRANGER): None,
        }
        return known.get(hash_token(token))


async def _give_tokens(app: FastAPI, resources: object) -> None:
    app.state.authenticator = TwoTokens()


async def _readings(session: AsyncSession) -> list[Reading]:
    await session.execute(text("SELECT * FROM alembic_version"))
    return [Reading("mergehub_events_told", 7)]


@asynccontextmanager
async def running(postgres_url: str, redis_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(
        ServiceParts(
            Background("kit_test", "kit_test_migrations", loops=lambda resources: {}),
            "Kit",
            [router],
            start=_give_tokens,
            readings=_readings,
        ),
        ServiceSettings(database_url=postgres_url, redis_url=redis_url, log_level="error"),
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://kit") as http,
    ):
        yield http


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A package of one migration."""
    history = tmp_path_factory.mktemp("history")
    package = history / "kit_test_migrations"
    (package / "versions").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "env.py").write_text(
        "from sqlalchemy import MetaData\n"
        "from mergehub.kit.database.migrations import run_env\n"
        "run_env(MetaData())\n"
    )
    (package / "versions" / "0001_first.py").write_text(
        "revision = '0001'\ndown_revision = None\n\n\ndef upgrade() -> None:\n    pass\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(history)
        yield


@pytest.fixture(scope="module")
async def client(
    postgres_url: str, redis_url: str, history: None
) -> AsyncIterator[httpx.AsyncClient]:
    async with running(postgres_url, redis_url) as http:
        yield http


async def test_alive_asks_nobody_and_ready_asks_the_stores(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive", "service": "kit_test"}
    assert (await client.get("/readyz")).json() == {"status": "ready", "service": "kit_test"}


async def test_requests_are_counted_by_route(client: httpx.AsyncClient) -> None:
    await client.get("/v1/runs/conflict")
    metrics = (await client.get("/metrics")).text
    assert 'mergehub_requests_total{method="GET",route="/v1/runs/conflict",status="409"}' in metrics


async def test_a_wrong_body_names_its_fields_as_json_pointers(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/runs/count", json={"count": "many"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/count"
    assert "/count" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"{", 422, "not valid JSON at character 1"),
        (b"[]", 422, "must be a JSON object"),
        (b'{"count": 1, "\xff": 2}', 400, "cannot be read as JSON"),
        (b"[" * 100_000, 400, "at most 64 levels deep"),
        (b'{"count": ' + b"9" * 5000 + b"}", 400, "cannot be read as JSON"),
    ],
)
async def test_a_body_that_is_no_json_is_a_problem_too(
    client: httpx.AsyncClient, content: bytes, status: int, said: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/v1/runs/count", content=content, headers=headers)
    assert answer.status_code == status
    assert said in answer.text
    assert not any(fault["pointer"] for fault in answer.json()["errors"])


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_body_that_is_too_large_is_not_read(
    client: httpx.AsyncClient, declared: bool
) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b" " * (1 << 20)

    headers = {"content-type": "application/json"}
    headers |= {"content-length": str(100 << 20)} if declared else {}
    answer = await client.post("/v1/runs/count", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert str(BODY_BYTES) in answer.json()["detail"]
    assert sent < 5


async def test_head_is_get_without_a_body(client: httpx.AsyncClient) -> None:
    for path, status in (("/healthz", 200), ("/v1/runs/conflict", 409), ("/v1/nowhere", 404)):
        named = {"X-Request-ID": "one"}
        head = await client.head(path, headers=named)
        got = await client.get(path, headers=named)
        assert (head.status_code, head.content) == (status, b"")
        assert head.headers.pop("ratelimit", "")[:8] == got.headers.pop("ratelimit", "")[:8]
        assert head.headers == got.headers


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/v1/runs/twice")
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert answer.json()["detail"] == (
        "/v1/runs/twice does not accept DELETE; it accepts GET, HEAD, POST."
    )


async def test_a_service_alone_documents_itself(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    files = re.findall(r'(?:href|src)="(/docs/assets/[^"]+)"', page)
    assert len(files) == 5
    for file in files:
        assert (await client.get(file)).status_code == 200
    own = (await client.get("/docs/openapi/kit_test.json")).json()
    assert own == (await client.get("/openapi.json")).json()
    others = await client.get("/docs/openapi/lineage.json")
    assert (others.status_code, others.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/runs/conflict", 409, "conflict"),
        ("/v1/nowhere", 404, "not-found"),
        ("/v1/{nowhere}", 404, "not-found"),
        ("/v1/runs/braces", 418, "http-error"),
        ("/v1/runs/count", 405, "method-not-allowed"),
        ("/v1/runs/crash", 500, "internal-error"),
    ],
)
async def test_every_error_is_problem_details(
    client: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert "secret" not in answer.text
    assert (await client.get(answer.json()["type"])).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({}, 401, "runs:submit"),
        ({"Authorization": f"Bearer {STRANGER}"}, 401, "is unknown"),
        ({"Authorization": "Bearer nonsense"}, 401, "is unknown"),
        ({"Authorization": f"Bearer {READER}"}, 403, "recipes:read"),
    ],
)
async def test_a_token_without_the_scope_is_told_what_lacks(
    client: httpx.AsyncClient, headers: dict[str, str], status: int, said: str
) -> None:
    answer = await client.get("/v1/runs/admin", headers=headers)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


async def test_an_answer_is_sent_after_the_commit(
    client: httpx.AsyncClient, postgres_url: str
) -> None:
    assert (await client.post("/v1/runs/store")).status_code == 200
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT count(*) FROM kit_test.kept") >= 1
    await connection.close()


async def test_an_error_leaves_nothing_behind(client: httpx.AsyncClient, postgres_url: str) -> None:
    assert (await client.post("/v1/runs/store-and-crash")).status_code == 409
    connection = await asyncpg.connect(postgres_url)
    assert await connection.fetchval("SELECT to_regclass('kit_test.half_done')") is None
    await connection.close()


def test_a_scope_that_does_not_exist_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="is not a scope"):
        requires("everything")


async def test_while_the_database_is_away_clients_are_asked_to_come_back(
    redis_url: str, history: None, store_folder: Path
) -> None:
    server = Postgres(store_folder / "away")
    server.start()
    async with running(server.url, redis_url) as client:
        assert (await client.post("/v1/runs/store")).status_code == 200
        server.stop()
        for _ in range(2):  # on a connection that broke, and on one that cannot be had
            answer = await client.post("/v1/runs/store")
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
            assert answer.json()["code"] == "unavailable"
        assert (await client.get("/readyz")).json()["code"] == "not-ready"
        assert (await client.get("/healthz")).status_code == 200
        server.start()
        assert (await client.post("/v1/runs/store")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
    server.stop()


async def test_more_requests_than_connections_are_asked_to_come_back(
    postgres_url: str, redis_url: str, history: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergehub.kit.database.database.POOL_SECONDS", 0.05)
    async with running(postgres_url, redis_url) as client:
        answers = await asyncio.gather(*(client.get("/v1/runs/slow") for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 10 + [503] * 2


async def test_metrics_answer_whatever_keeps_the_tables_from_being_read(
    redis_url: str, history: None, store_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergehub.kit.telemetry.metrics.READ_SECONDS", 0.2)
    server = Postgres(store_folder / "dark")
    server.start()

    async def told() -> tuple[bool, bool]:
        """Whether the tables could be read, and whether their values are shown."""
        text = (await client.get("/metrics")).text
        assert 'mergehub_requests_total{method="GET",route="/metrics",status="200"}' in text
        return "mergehub_readings_up 1.0" in text, "mergehub_events_told 7.0" in text

    async with running(server.url, redis_url) as client:
        await client.get("/metrics")
        assert await told() == (True, True)
        connection = await asyncpg.connect(server.url)
        async with connection.transaction():
            await connection.execute("LOCK TABLE kit_test.alembic_version")
            assert await told() == (False, False)
        await connection.close()
        assert await told() == (True, True)
        server.stop()
        assert await told() == (False, False)
        server.start()
        assert await told() == (True, True)
    server.stop()
