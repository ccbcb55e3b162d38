"""A token of the registry is valid at the other services until the registry revokes it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from pydantic import SecretStr

import leaderboard.app
import lineage.app
import registry.app
from mergehub.kit.background.resources import open_resources
from mergehub.kit.identity.auth import requires
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.settings.service import ServiceSettings

OWNER, SERVICE = SecretStr("mgh_owner-across-services"), SecretStr("mgh_service-across-services")
SCOPE_OF = {"lineage": "runs:submit", "leaderboard": "webhooks:manage"}
FACTORIES = {"lineage": lineage.app.create_app, "leaderboard": leaderboard.app.create_app}

Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]
Started = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="module")
async def settings(database_of: Callable[[str], Awaitable[str]], redis_url: str) -> ServiceSettings:
    return ServiceSettings(
        database_url=await database_of("tokens"),
        redis_url=redis_url,
        background="separate",
        bootstrap_token=OWNER,
        service_token=SERVICE,
        log_level="error",
    )


@pytest.fixture(scope="module")
async def hub(settings: ServiceSettings, serving: Serving) -> AsyncIterator[str]:
    """The address of a registry."""
    app = registry.app.create_app(settings)
    async with app.router.lifespan_context(app), serving(app) as url:
        yield url


@pytest.fixture(scope="module")
async def owner(hub: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=hub, headers=_sent(OWNER.get_secret_value()), timeout=60
    ) as client:
        yield client


@pytest.fixture
def started(settings: ServiceSettings, hub: str) -> Started:
    """Starts a service with an additional endpoint, `POST /v1/write`, which needs a scope."""

    @asynccontextmanager
    async def started(name: str, **changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = FACTORIES[name](settings.model_copy(update={"hub_url": hub, **changes}))
        app.include_router(_writing(SCOPE_OF[name]))
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app)
            yield await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url=f"http://{name}")
            )

    return started


def _writing(scope: str) -> APIRouter:
    router = APIRouter()

    @router.post("/v1/write")
    async def write(writer: Principal = Depends(requires(scope))) -> str:  # noqa: B008
        return f"{writer.name} {writer.id}"

    return router


def _sent(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _made(owner: httpx.AsyncClient, name: str, scope: str) -> dict[str, Any]:
    answer = await owner.post("/v1/tokens", json={"name": name, "scopes": [scope]})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("name", SCOPE_OF)
async def test_a_token_of_the_right_scope_may_write(
    name: str, started: Started, owner: httpx.AsyncClient
) -> None:
    right = await _made(owner, f"{name}.right", SCOPE_OF[name])
    wrong = await _made(owner, f"{name}.wrong", "recipes:write")
    async with started(name) as service:
        answer = await service.post("/v1/write", headers=_sent(right["token"]))
        assert (answer.status_code, answer.json()) == (200, f"{name}.right {right['id']}")
        answer = await service.post("/v1/write", headers=_sent(wrong["token"]))
        assert answer.status_code == 403
        assert SCOPE_OF[name] in answer.json()["detail"]
        assert (await service.post("/v1/write", headers=_sent("mgh_x"))).status_code == 401
        assert (await service.post("/v1/write")).status_code == 401


async def test_a_revoked_token_is_refused_after_what_is_kept_of_it(
    started: Started, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock()
    monkeypatch.setattr("mergehub.kit.identity.token_cache.time", clock)
    made = await _made(owner, "revoked", "runs:submit")
    async with started("lineage") as service:
        statuses = []
        for passed in (0, 0, 29, 2):
            clock.now += passed
            statuses.append(await service.post("/v1/write", headers=_sent(made["token"])))
            if len(statuses) == 1:
                await owner.delete(f"/v1/tokens/{made['id']}")
        assert [answer.status_code for answer in statuses] == [200, 200, 200, 401]


async def test_without_an_answer_of_the_registry_nobody_writes(
    started: Started, owner: httpx.AsyncClient
) -> None:
    made = await _made(owner, "away", "runs:submit")
    async with started("lineage", hub_url="http://127.0.0.1:9") as service:
        answer = await service.post("/v1/write", headers=_sent(made["token"]))
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "2"


async def test_what_is_kept_outlives_a_registry_that_is_away(
    started: Started, settings: ServiceSettings, owner: httpx.AsyncClient, serving: Serving
) -> None:
    made = await _made(owner, "kept", "runs:submit")
    app = registry.app.create_app(settings)
    async with AsyncExitStack() as stack:
        async with app.router.lifespan_context(app), serving(app) as url:
            service = await stack.enter_async_context(started("lineage", hub_url=url))
            assert (await service.post("/v1/write", headers=_sent(made["token"]))).is_success
        assert (await service.post("/v1/write", headers=_sent(made["token"]))).is_success
        assert (await service.post("/v1/write", headers=_sent("mgh_x"))).status_code == 503


@pytest.mark.parametrize("token", [None, SecretStr("mgh_wrong")])
async def test_a_service_without_a_token_of_its_own_says_so(
    started: Started, owner: httpx.AsyncClient, token: SecretStr | None
) -> None:
    async with started("lineage", service_token=token) as service:
        answer = await service.post("/v1/write", headers=_sent(OWNER.get_secret_value()))
        assert answer.status_code == 503
        assert "MERGEHUB_SERVICE_TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize("answered", [b"", b"{}", b'{"active": true, "sub": 5}', b"<html>"])
async def test_an_answer_that_is_none_allows_nothing(
    started: Started, serving: Serving, answered: bytes
) -> None:
    proxy = FastAPI()

    @proxy.post("/v1/tokens/introspect")
    async def introspect() -> Any:
        return Response(answered)

    async with serving(proxy) as url, started("lineage", hub_url=url) as service:
        answer = await service.post("/v1/write", headers=_sent("mgh_x"))
        assert answer.status_code == 503


async def test_where_reading_needs_a_token_any_valid_one_reads(
    started: Started, owner: httpx.AsyncClient
) -> None:
    made = await _made(owner, "reader", "recipes:read")
    async with started("lineage", require_token=True) as service:
        assert (await service.get("/v1/models")).status_code == 401
        assert (await service.get("/v1/models", headers=_sent(made["token"]))).status_code == 200
        assert (await service.get("/healthz")).status_code == 200
        assert (await service.get("/readyz")).status_code == 200
    async with started("lineage") as service:
        assert (await service.get("/v1/models")).status_code == 200


async def test_where_reading_needs_a_token_services_still_hear_of_events(
    settings: ServiceSettings, serving: Serving, started: Started
) -> None:
    app = registry.app.create_app(settings.model_copy(update={"require_token": True}))
    async with app.router.lifespan_context(app), serving(app) as url:
        async with httpx.AsyncClient(base_url=url, timeout=60) as stranger:
            assert (await stranger.get("/v1/events")).status_code == 401
        changed = settings.model_copy(update={"hub_url": url})
        async with open_resources(lineage.background.BACKGROUND, changed) as resources:
            assert (await resources.hub.get("/v1/events")).status_code == 200


async def test_a_session_of_a_browser_is_in_force_at_every_service_and_so_is_its_end(
    started: Started, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = _Clock()
    monkeypatch.setattr("mergehub.kit.identity.token_cache.time", clock)
    made = await _made(owner, "session", "runs:submit")
    own, foreign = ({"Origin": f"https://{name}.example"} for name in ("hub", "evil"))
    async with started("lineage", public_url="https://hub.example") as service:
        service.cookies.set("__Host-mergehub", made["token"])
        assert (await service.post("/v1/write", headers=own)).status_code == 200
        for headers in (foreign, {}):
            refused = await service.post("/v1/write", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "cross-site")
        await owner.post("/v1/accounts/sign-out", headers=_sent(made["token"]))
        clock.now += 31
        assert (await service.post("/v1/write", headers=own)).status_code == 401
    async with started("lineage") as service:
        service.cookies.set("__Host-mergehub", (await _made(owner, "x", "admin"))["token"])
        assert (await service.post("/v1/write", headers=own)).status_code == 401, "no cookies here"


class _Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now
