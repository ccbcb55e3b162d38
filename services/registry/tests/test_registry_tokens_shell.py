"""`mergehub tokens` against a running registry."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI

from mergehub.cli.main import main
from mergehub.kit.settings.service import ServiceSettings

Shell = Callable[..., Awaitable[Result]]


@pytest.fixture
async def shell(
    app: FastAPI, empty: None, settings: ServiceSettings, tmp_path: Path,
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
) -> AsyncIterator[Shell]:  # fmt: skip
    """Run a command with the operator's token, or another."""
    owners = settings.bootstrap_token.get_secret_value()
    async with serving(app) as url:

        async def shell(*arguments: str, token: str = owners) -> Result:
            env: dict[str, Any] = {
                "MERGEHUB_URL": url,
                "MERGEHUB_TOKEN": token,
                "MERGEHUB_DATA": str(tmp_path),
            }
            command = ["tokens", *arguments]
            return await asyncio.to_thread(CliRunner().invoke, main, command, env=env)

        yield shell


async def test_a_token_alone_is_on_standard_output(shell: Shell, owner: httpx.AsyncClient) -> None:
    done = await shell("create", "ci", "--scope", "recipes:write", "--expires", "30d")
    assert done.exit_code == 0, done.output
    token = done.stdout.strip()
    assert token.startswith("mgh_")
    assert "not shown again. It expires at 2" in done.stderr
    listed = await shell("list", token=token)
    assert "ci" in listed.stdout
    assert token[-4:] in listed.stdout
    assert token not in listed.stdout


async def test_a_token_is_revoked_by_its_name_or_id(shell: Shell) -> None:
    for word in ("name", "id"):
        made = json.loads((await shell("create", "ci", "--scope", "admin", "--json")).stdout)
        assert (await shell("revoke", made[word])).stdout == "revoked\n"
        done = await shell("list", token=made["token"])
        assert done.exit_code == 1
        assert "unknown, or no longer valid" in done.stderr
    revoked = json.loads((await shell("list", "--revoked", "--json")).stdout)
    assert [each["name"] for each in revoked][:2] == ["ci", "ci"]
    again = await shell("revoke", "ci")
    assert again.stderr == ("Error: There is no token called 'ci'. See `mergehub tokens list`.\n")


async def test_an_unknown_scope_is_told_with_the_nearest(shell: Shell) -> None:
    done = await shell("create", "ci", "--scope", "run:submit")
    assert done.exit_code == 1
    assert "There is no scope 'run:submit'." in done.stderr
    assert "/scopes/0" in done.stderr
    assert "did you mean 'runs:submit'?" in done.stderr


@pytest.mark.parametrize("span", ["30", "d", "0d", "-1d", "1e3d", "9999999h"])
async def test_a_span_that_is_none_is_told_so(shell: Shell, span: str) -> None:
    done = await shell("create", "ci", "--scope", "admin", f"--expires={span}")
    assert done.exit_code == 2
    assert "is not a time span such as 90min" in done.stderr
