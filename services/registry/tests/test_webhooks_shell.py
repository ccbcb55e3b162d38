"""`mergehub webhooks` against a running registry and a real receiver."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from receiver import Answer, Receiver

from mergehub.cli.main import main
from mergehub.kit.background.resources import Resources
from mergehub.kit.settings.service import ServiceSettings
from registry.webhooks.sending.sender import Sender

Shell = Callable[..., Awaitable[Result]]


@pytest.fixture
async def shell(
    app: FastAPI, empty: None, settings: ServiceSettings, tmp_path: Path,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
) -> AsyncIterator[Shell]:  # fmt: skip
    """Run a command with the operator's token; `given` is its standard input."""
    async with serving(app) as url:

        async def shell(*arguments: str, given: str = "") -> Result:
            env: dict[str, Any] = {
                "MERGEHUB_URL": url,
                "MERGEHUB_TOKEN": settings.bootstrap_token.get_secret_value(),
                "MERGEHUB_DATA": str(tmp_path),
            }
            command = ["webhooks", *arguments]
            return await asyncio.to_thread(CliRunner().invoke, main, command, env=env, input=given)

        yield shell


@pytest.fixture
async def sending(sender: Sender, resources: Resources) -> AsyncIterator[None]:
    """A sender at work."""
    task = asyncio.create_task(sender.run(resources.signals))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_listener_is_made_listed_tested_and_deleted(
    shell: Shell, receiver: Receiver, sending: None
) -> None:
    create = ("create", receiver.url, "--format", "openlineage", "--bearer-token-file", "-")
    made = await shell(*create, given="t0ken\n")
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("whsec_")
    assert "not shown again. The webhook's id is " in made.stderr
    listed = await shell("list")
    assert ["openlineage", "enabled", "all", receiver.url] == listed.stdout.split()[6:10]
    (shown,) = json.loads((await shell("list", "--json")).stdout)
    assert (shown["ordered"], shown["has_bearer_token"]) == (True, True)

    tested = await shell("test", receiver.url)

    assert tested.exit_code == 0, tested.output
    assert tested.stdout.startswith("delivered: 200 in ")
    (request,) = receiver.received
    assert request.headers["authorization"] == "Bearer t0ken"
    assert json.loads(request.body)["job"]["name"] == "test/webhook"
    log = await shell("deliveries", shown["id"][:6])
    assert log.stdout.split()[6:9] == ["delivered", "1", "webhook.test"]
    assert (await shell("delete", shown["id"])).stdout == "deleted\n"
    assert json.loads((await shell("list", "--json")).stdout) == []


async def test_a_receiver_that_refuses_is_shown_with_its_answer(
    shell: Shell, receiver: Receiver, sending: None
) -> None:
    receiver.respond = lambda request: Answer(403, body=b"who are you?")
    await shell("create", receiver.url, "--type", "run.failed", "--signature", "v1a")
    tested = await shell("test", receiver.url)
    assert tested.exit_code == 1
    assert tested.stderr.startswith("Error: Not delivered: 403 in ")
    assert tested.stderr.endswith("who are you?\n")


async def test_a_key_pair_shows_its_public_key_alone(shell: Shell) -> None:
    made = await shell("create", "https://example.com/hook", "--signature", "v1a")
    assert made.stdout.startswith("whpk_")
    assert "Keep" not in made.stderr


async def test_a_webhook_that_is_not_there_is_named(shell: Shell) -> None:
    for word in ("https://example.com/", "abc"):
        done = await shell("test", word)
        assert done.exit_code == 1
        assert f"There is no webhook {word!r}. See `mergehub webhooks list`." in done.stderr
    for _ in range(2):
        await shell("create", "https://example.com/")
    done = await shell("delete", "https://example.com/")
    assert "Several webhooks have this URL; give an id: " in done.stderr


async def test_what_the_hub_refuses_is_explained(shell: Shell) -> None:
    done = await shell("create", "http://10.0.0.1/hook")
    assert done.exit_code == 1
    assert "10.0.0.1 is not a public address" in done.stderr
    wrong = await shell(
        "create", "https://example.com/", "--format", "openlineage", "--type", "recipe.published"
    )
    assert "OpenLineage has no form for recipe.published" in wrong.stderr
    unknown = await shell("create", "https://example.com/", "--type", "run.faild")
    assert unknown.exit_code == 2
    assert "run.failed" in unknown.stderr
