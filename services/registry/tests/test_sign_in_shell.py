"""`mergehub login` and `logout`, with a browser that agrees, and with attackers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from openid import CLIENT_ID, CLIENT_SECRET, Browser, provider
from pydantic import SecretStr
from sqlalchemy import text

from mergehub.cli.main import main
from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app

ORIGIN = "http://localhost:8000"
SECRET = "a-secret-of-the-shell-and-of-nobody-else"
ASKED = {"challenge": hashlib.sha256(SECRET.encode()).hexdigest(), "host": "den<b>"}

Shell = Callable[..., Awaitable[Result]]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("provider") / "provider"
    with provider(folder, f"{ORIGIN}/v1/accounts/callback") as issuer:
        yield issuer


@pytest.fixture(autouse=True)
async def nobody_yet(empty: None) -> None:
    """Each test begins without people."""


@pytest.fixture(scope="module")
async def hub(settings: ServiceSettings, issuer: str) -> AsyncIterator[FastAPI]:
    given = settings.model_dump() | {
        "public_url": ORIGIN,
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(CLIENT_SECRET),
    }
    app = create_app(ServiceSettings(**given))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def browser(hub: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(hub, ORIGIN) as browser:
        yield browser


@pytest.fixture
async def env(
    hub: FastAPI, tmp_path: Path, serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
) -> AsyncIterator[dict[str, str]]:  # fmt: skip
    """The environment of a person's shell, without a token."""
    async with serving(hub) as url:
        yield {
            "MERGEHUB_URL": url,
            "MERGEHUB_DATA": str(tmp_path / "data"),
            "MERGEHUB_LOGINS": str(tmp_path / "config" / "logins.json"),
        }


@pytest.fixture
async def shell(env: dict[str, str]) -> Shell:
    """Run a command."""

    async def shell(*command: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, command, env=env)

    return shell


def logins(env: dict[str, str]) -> dict[str, str]:
    return json.loads(Path(env["MERGEHUB_LOGINS"]).read_text())


def path_of(address: str) -> str:
    return httpx.URL(address).raw_path.decode()


async def agree(browser: Browser, address: str, login: str = "ann") -> httpx.Response:
    """Open the shell's URL, sign in if redirected to that, and allow the shell."""
    path = path_of(address)
    answer = await browser.get(path)
    if answer.status_code == 303:
        back = httpx.URL(answer.headers["location"]).params["return_to"]
        assert back == path
        signed_in = await browser.sign_in(login, back)
        answer = await browser.get(signed_in.headers["location"])
    assert answer.status_code == 200, answer.text
    assert login in answer.text
    return await browser.post(path, headers={"Origin": ORIGIN})


async def test_login_by_the_browser_of_this_machine(
    shell: Shell, browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    told = lambda address: loop.call_soon_threadsafe(opened.put_nowait, address)  # noqa: E731
    monkeypatch.setattr("webbrowser.open", told)
    signing_in = asyncio.create_task(shell("login"))
    agreed = await agree(browser, await opened.get())
    assert agreed.status_code == 303
    thanks = await browser.get(agreed.headers["location"])
    assert "Signed in" in thanks.text
    done = await signing_in
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith(" as ann.\n")
    kept = tmp_path / "config" / "logins.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    [token] = json.loads(kept.read_text()).values()
    assert token not in done.output
    listed = await shell("tokens", "list")
    assert listed.exit_code == 0, listed.output
    assert "shell-" in listed.stdout


async def test_login_by_a_code_that_is_pasted_and_logout(
    shell: Shell, env: dict[str, str], browser: Browser, owner: httpx.AsyncClient
) -> None:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
    command = [str(Path(sys.prefix) / "bin" / "mergehub"), "login", "--paste"]
    login = await asyncio.create_subprocess_exec(*command, env=env, **pipes)
    assert (await login.stderr.readline()).endswith(b"in a browser and confirm:\n")
    agreed = await agree(browser, (await login.stderr.readline()).decode().strip())
    out, err = await login.communicate(code_in(agreed).encode() + b"\n")
    assert login.returncode == 0, err
    assert out.endswith(b" as ann.\n")
    [token] = logins(env).values()
    assert token.encode() not in out + err
    headers = {"Authorization": f"Bearer {token}"}
    assert (await browser.get("/v1/accounts/me", headers=headers)).status_code == 200

    done = await shell("logout")
    assert done.exit_code == 0, done.output
    assert logins(env) == {}
    assert (await browser.get("/v1/accounts/me", headers=headers)).status_code == 401
    assert "You are not signed in" in (await shell("logout")).stderr
    trail = (await owner.get("/v1/accounts/audit", params={"subject": "tokens"})).json()["items"]
    assert (trail[0]["action"], trail[0]["account"]) == ("token.revoked", "ann")


def code_in(page: httpx.Response) -> str:
    return page.text.split("<pre>")[1].split("</pre>")[0]


async def let_in(browser: Browser, **sent: str) -> str:
    agreed = await agree(browser, str(httpx.URL(f"{ORIGIN}/v1/accounts/shell", params=ASKED)))
    body = {"code": code_in(agreed), "verifier": SECRET}
    answer = await browser.post("/v1/accounts/shell/token", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["token"]


async def test_the_token_of_a_shell_lasts_and_allows_what_the_session_does(
    browser: Browser,
) -> None:
    headers = {"Authorization": f"Bearer {await let_in(browser)}"}
    shells = (await browser.get("/v1/accounts/me", headers=headers)).json()
    sessions = (await browser.get("/v1/accounts/me")).json()
    assert shells["scopes"] == sessions["scopes"]
    assert shells["account"] == sessions["account"]
    assert shells["expires_at"] > sessions["expires_at"]


async def test_a_code_is_for_one_shell_once_and_not_for_long(
    browser: Browser, transaction: Any
) -> None:
    path = str(httpx.URL("/v1/accounts/shell", params=ASKED))

    async def redeemed(code: str, verifier: str = SECRET) -> int:
        body = {"code": code, "verifier": verifier}
        return (await browser.post("/v1/accounts/shell/token", json=body)).status_code

    code = code_in(await agree(browser, path))
    assert await redeemed(code, "x" * 40) == 400
    assert await redeemed("x" * 40) == 400
    assert await redeemed(code) == 200
    assert await redeemed(code) == 400
    late = code_in(await agree(browser, path))
    async with transaction() as session:
        old = "UPDATE sign_ins SET created_at = now() - interval '5 minutes 1 second'"
        await session.execute(text(old))
    assert await redeemed(late) == 400


async def test_one_of_many_who_bring_a_code_gets_the_token(browser: Browser) -> None:
    code = code_in(await agree(browser, str(httpx.URL("/v1/accounts/shell", params=ASKED))))
    body = {"code": code, "verifier": SECRET}
    posts = (browser.post("/v1/accounts/shell/token", json=body) for _ in range(6))
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 5


async def test_nobody_agrees_without_seeing_the_question(browser: Browser) -> None:
    await browser.sign_in("ann")
    path = str(httpx.URL("/v1/accounts/shell", params={**ASKED, "port": 9}))
    page = await browser.get(path)
    assert "den&lt;b&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9;" in policy
    assert page.headers["referrer-policy"] == "same-origin"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = await browser.post(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "cross-site")


async def test_a_token_lets_no_shell_in(browser: Browser) -> None:
    headers = {"Authorization": f"Bearer {await let_in(browser)}"}
    refused = await browser.post("/v1/accounts/shell", params=ASKED, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "session-needed")


async def test_a_code_goes_to_this_machine_and_nowhere_else(browser: Browser) -> None:
    await browser.sign_in("ann")
    for port in ("0", "65536", "80@evil.example", "evil"):
        answer = await browser.post("/v1/accounts/shell", params={**ASKED, "port": port})
        assert answer.status_code == 422
    answer = await browser.post("/v1/accounts/shell", params={**ASKED, "port": "80"})
    assert answer.headers["location"].startswith("http://127.0.0.1:80/?code=")
