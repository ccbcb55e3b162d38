"""The log of a registry under requests of all kinds: it records what happened, and no secrets."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from callers import KEY, OWNER, SERVICE, WORKER
from receiver import Receiver, answers

from mergehub.kit.settings.service import ServiceSettings

Json = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

WRONG, BASIC, SIGNED = "mgh_wrong-" + "w" * 40, "dXNlcjpodW50ZXIy", "5f1c9d0ab77e"


@pytest.fixture
def server(settings: ServiceSettings, empty: None) -> Call:
    """A registry started by its README's command; returns its address and collects its log."""

    @asynccontextmanager
    async def server(log: list[str]) -> AsyncIterator[httpx.AsyncClient]:
        env = dict(os.environ) | {
            "MERGEHUB_DATABASE_URL": settings.database_url,
            "MERGEHUB_REDIS_URL": settings.redis_url,
            "MERGEHUB_BOOTSTRAP_TOKEN": OWNER,
            "MERGEHUB_WORKER_TOKEN": WORKER,
            "MERGEHUB_SERVICE_TOKEN": SERVICE,
            "MERGEHUB_SECRETS_KEYS": json.dumps([KEY]),
            "MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
            "MERGEHUB_LOG_LEVEL": "debug",
        }
        command = [sys.executable, "-m", "uvicorn", "--factory", "registry.app:create_app"]
        process = await asyncio.create_subprocess_exec(
            *command, "--port", "0", "--log-level", "debug", env=env,
            stderr=asyncio.subprocess.STDOUT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        while "running on" not in (line := (await process.stdout.readline()).decode()):
            assert line, "".join(log)
            log.append(line)
        try:
            url = line.split("running on ")[1].split()[0]
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
                yield client
        finally:
            process.terminate()
            log.append((await process.stdout.read()).decode())
            await process.wait()

    return server


async def test_no_secret_is_written_down_whatever_is_asked(
    server: Any, receiver: Receiver, until: Call
) -> None:
    receiver.respond = answers(500)
    log: list[str] = []
    owner = {"Authorization": f"Bearer {OWNER}"}
    async with server(log) as client:
        made = await client.post(
            "/v1/tokens", json={"name": "ci", "scopes": ["webhooks:manage"]}, headers=owner
        )
        token = made.json()["token"]
        hook = {"url": f"{receiver.url}?sig={SIGNED}"}
        webhook = await client.post(
            "/v1/webhooks", json=hook, headers={"Authorization": f"Bearer {token}"}
        )
        secret = webhook.json()["secret"]
        rotated = await client.post(f"{webhook.headers['location']}/rotate", headers=owner)
        await client.post(f"{webhook.headers['location']}/test", headers=owner)
        refused = [
            await client.get(f"/v1/tokens?access_token={OWNER}"),
            await client.get(f"/v1/recipes?token={token}&limit=x"),
            await client.get(f"/v1/{secret}?X-Amz-Signature={SIGNED}"),
            await client.get("/v1/tokens", headers={"Authorization": f"Bearer {WRONG}"}),
            await client.get("/v1/tokens", headers={"Authorization": f"Basic {BASIC}"}),
            await client.post("/v1/tokens", content=f'{{"token": "{OWNER}"', headers=owner),
            await client.post("/v1/webhooks", json=hook | {"secret": secret}, headers=owner),
            await client.post("/v1/tokens/introspect", data={"token": token}),
        ]

        async def tried() -> bool:
            return bool(receiver.received)

        await until(tried)
    assert {answer.status_code for answer in refused} == {401, 404, 422}
    written = "".join(log)
    lines = [json.loads(line) for line in written.splitlines()]  # uvicorn's too
    assert any('"GET /v1/tokens?access_token=… HTTP/1.1" 422' in each["event"] for each in lines)
    for each in (OWNER, WORKER, SERVICE, WRONG, BASIC, SIGNED, KEY, token, secret,
                 rotated.json()["secret"]):  # fmt: skip
        assert each.removeprefix("mgh_").removeprefix("whsec_") not in written


@pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
async def test_a_token_in_the_address_is_no_token(stranger: httpx.AsyncClient, name: str) -> None:
    assert (await stranger.get("/v1/tokens", params={name: OWNER})).status_code == 422
