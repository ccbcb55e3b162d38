"""The registry as it runs, with a database of its own in the test's PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from callers import KEY, MERGED, OWNER, SERVICE, WORKER, client_of
from fastapi import FastAPI
from pydantic import SecretStr
from receiver import Receiver, receiving
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.background.resources import Resources
from mergehub.kit.database.housekeeping import Housekeeping
from mergehub.kit.identity.scopes import SCOPES_OF_PEOPLE
from mergehub.kit.settings.service import ServiceSettings
from registry.accounts import service as accounts
from registry.app import create_app
from registry.background import make_bell, make_housekeeping, make_relay, make_sender
from registry.runs.protocol.sweeper import Sweeper
from registry.search.catalogue.sight import Viewpoint
from registry.sign_in.sessions import give_token
from registry.webhooks.sending.sender import Sender

RECIPE = """\
# two models, half and half
merge_method: linear
models:
  - model: org/first
    parameters: {weight: 0.5}
  - model: org/second
    parameters: {weight: 0.5}
dtype: bfloat16
"""

EMPTIED = (  # DELETE, since TRUNCATE takes longer for a few rows
    "webhook_endpoints",
    "workers",
    "artifact_files",
    "artifacts",
    "retentions",
    "run_items",
    "reproductions",
    "run_locks",
    "runs",
    "products",
    "recipe_versions",
    "recipes",  # with their versions, stars and comments
    "outbox",
    "idempotency_keys",
    "audit",
    "sign_ins",
    "quotas",
    "members",
    "identities",
    "tokens WHERE created_by <> 'settings'",
    "accounts WHERE handle <> 'local'",
)
RECIPES = """
WITH gone AS (DELETE FROM recipes RETURNING number)
INSERT INTO changes (recipes) SELECT array_agg(number) FROM gone HAVING count(*) > 0;
"""  # in one statement, or a recipe of a request that still runs is deleted and not logged
DELETED = " ".join(RECIPES if rows == "recipes" else f"DELETE FROM {rows};" for rows in EMPTIED)
EMPTY = f"DO $$ BEGIN {DELETED} END $$"

Json = dict[str, Any]
Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Submit = Callable[..., Awaitable[Json]]


@pytest.fixture(scope="session")
async def database_url(database_of: Callable[[str], Awaitable[str]]) -> str:
    """A new database, since the service needs the schema `registry`."""
    return await database_of("registry")


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str) -> ServiceSettings:
    """Settings without background work: the tests call its steps one by one."""
    plain_url = redis_url.split("?")[0]
    return ServiceSettings(
        database_url=database_url,
        redis_url=f"{plain_url}?db=5",
        hub_url="http://127.0.0.1:9",  # no other service answers
        background="separate",
        bootstrap_token=SecretStr(OWNER),
        worker_token=SecretStr(WORKER),
        service_token=SecretStr(SERVICE),
        secrets_keys=[SecretStr(KEY)],
        webhook_allow=[ip_network("127.0.0.0/8")],
        log_level="error",
    )


@pytest.fixture(scope="session")
async def app(settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture(scope="session")
def resources(app: FastAPI) -> Resources:
    return app.state.resources


@pytest.fixture
async def transaction(resources: Resources) -> Transaction:
    return resources.database.transaction


@pytest.fixture
async def empty(app: FastAPI, transaction: Transaction, resources: Resources) -> None:
    """Delete the runs, recipes, events and tokens that tests made, and everything in Redis."""
    async with transaction() as session:
        await session.execute(text(EMPTY))
    if app.state.catalogue.state is not None:
        # Now, or a reader without a token might see what is gone.
        catalogue = await app.state.catalogue.current()
        assert not catalogue.sight.of(Viewpoint(all=True)), "a test deleted recipes without noting"
    await resources.redis.flushdb()


@pytest.fixture
async def owner(app: FastAPI, empty: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, OWNER) as client:
        yield client


@pytest.fixture
async def worker(app: FastAPI, empty: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, WORKER) as client:
        yield client


@pytest.fixture
async def stranger(app: FastAPI, empty: None) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def person(
    app: FastAPI, empty: None, transaction: Transaction
) -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """Make a client of a person with an account and a token, as signing in does."""
    async with AsyncExitStack() as stack:

        async def person(handle: str, *scopes: str) -> httpx.AsyncClient:
            async with transaction() as session:
                await accounts.add(session, handle=handle, kind="person", display_name=handle)
                given = session, handle, scopes or SCOPES_OF_PEOPLE, timedelta(hours=1), "session"
                _, token = await give_token(*given)
            return await stack.enter_async_context(client_of(app, token))

        yield person


@pytest.fixture
def submit(owner: httpx.AsyncClient) -> Submit:
    """Submit a merge run; arguments replace fields of the request."""

    async def submit(**fields: Any) -> Json:
        body = {"kind": "merge", "recipe": RECIPE, "model_name": "local/merged", **fields}
        answer = await owner.post("/v1/runs", json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    return submit


@pytest.fixture
def claim(worker: httpx.AsyncClient) -> Callable[..., Awaitable[Json]]:
    """Claim a run that can be claimed."""

    async def claim(run: Json, name: str = "worker-1") -> Json:
        answer = await worker.post(f"/v1/runs/{run['id']}/claim", json={"worker": name})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return claim


@pytest.fixture
def report(worker: httpx.AsyncClient) -> Callable[..., Awaitable[httpx.Response]]:
    """Report with a claim; by default a merge that succeeded."""

    async def report(claim: Json, outcome: str = "succeeded", **fields: Any) -> httpx.Response:
        body = {"fence": claim["fence"], "outcome": outcome, **fields}
        if outcome == "succeeded":
            body.setdefault("result", MERGED)
        return await worker.post(f"/v1/runs/{claim['run_id']}/report", json=body)

    return report


@pytest.fixture
def lapse(transaction: Transaction) -> Callable[[Json], Awaitable[None]]:
    """Let the lease of a run end, without a wait."""

    async def lapse(run: Json) -> None:
        async with transaction() as session:
            await session.execute(
                text("UPDATE runs SET lease_expires_at = now() - interval '1 s' WHERE id = :id"),
                {"id": run["id"]},
            )

    return lapse


@pytest.fixture
def events(resources: Resources, owner: httpx.AsyncClient) -> Callable[..., Awaitable[list[Json]]]:
    """Publish due events and return the feed, or the data of its events of one type."""
    relay = make_relay(resources)

    async def events(only: str | None = None) -> list[Json]:
        while await relay.publish_due():
            pass
        feed = (await owner.get("/v1/events", params={"limit": 200})).json()["items"]
        return [each["data"] for each in feed if each["type"] == only] if only else feed

    return events


@pytest.fixture
def sweeper(resources: Resources) -> Sweeper:
    return Sweeper(resources.database, make_bell(resources))


@pytest.fixture
def housekeeping(resources: Resources) -> Housekeeping:
    return make_housekeeping(resources)


@pytest.fixture
def recipe_text() -> str:
    return RECIPE


@pytest.fixture
def merged() -> Json:
    """The result of a merge run."""
    return MERGED


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook receiver on a loopback port."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def listen(owner: httpx.AsyncClient, receiver: Receiver) -> Callable[..., Awaitable[Json]]:
    """Register the receiver; arguments replace fields of the request."""

    async def listen(**fields: Any) -> Json:
        answer = await owner.post("/v1/webhooks", json={"url": receiver.url, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return listen


@pytest.fixture
async def sender(resources: Resources) -> AsyncIterator[Sender]:
    """A sender that sends when a test calls it."""
    sender = make_sender(resources)
    yield sender
    await sender.stop()


@pytest.fixture
def deliveries(owner: httpx.AsyncClient) -> Callable[..., Awaitable[list[Json]]]:
    """The log of an endpoint, oldest first, each delivery with its attempts."""

    async def deliveries(endpoint: Json) -> list[Json]:
        log = f"/v1/webhooks/{endpoint['id']}/deliveries"
        items = (await owner.get(log, params={"limit": 200})).json()["items"]
        return [(await owner.get(f"{log}/{each['id']}")).json() for each in reversed(items)]

    return deliveries


@pytest.fixture
def due(transaction: Transaction) -> Callable[[], Awaitable[None]]:
    """Let time pass until every pending delivery is due."""

    async def due() -> None:
        async with transaction() as session:
            await session.execute(
                text("UPDATE webhook_deliveries SET due_at = now() WHERE state = 'pending'")
            )
            await session.execute(text("UPDATE webhook_endpoints SET paused_until = NULL"))

    return due
