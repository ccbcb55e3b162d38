"""Signing in with OpenID Connect, at a real provider and at one that lies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openid import CLIENT_ID, CLIENT_SECRET, Browser, provider
from pydantic import SecretStr
from sqlalchemy import text

from mergehub.kit.database.housekeeping import Housekeeping
from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app
from registry.sign_in.people import handles_for

Json = dict[str, Any]
Hub = Callable[..., Any]

ORIGIN = "http://localhost:8000"
ME, SIGN_OUT = "/v1/accounts/me", "/v1/accounts/sign-out"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("provider") / "provider"
    with provider(folder, f"{ORIGIN}/v1/accounts/callback") as issuer:
        yield issuer


@pytest.fixture(scope="module")
def hub(settings: ServiceSettings, issuer: str) -> Hub:
    """Run a hub where people can sign in; arguments replace settings."""

    @asynccontextmanager
    async def hub(**changes: Any) -> AsyncIterator[FastAPI]:
        given = settings.model_dump() | {
            "public_url": ORIGIN,
            "oidc_issuer": issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
        }
        app = create_app(ServiceSettings(**given | changes))
        async with app.router.lifespan_context(app):
            yield app

    return hub


@pytest.fixture(autouse=True)
async def nobody_yet(empty: None) -> None:
    """Each test begins without people."""


@pytest.fixture(scope="module")
async def app_with_people(hub: Hub) -> AsyncIterator[FastAPI]:
    async with hub() as app:
        yield app


@pytest.fixture
async def browser(app_with_people: FastAPI) -> AsyncIterator[Browser]:
    async with Browser(app_with_people, ORIGIN) as browser:
        yield browser


def cookie_of(answer: httpx.Response, name: str = "mergehub") -> str:
    """The header by which an answer sets a cookie."""
    [line] = [each for each in answer.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
    return line


async def test_signing_in_makes_an_account_and_a_session(browser: Browser) -> None:
    answer = await browser.sign_in("ann", "/docs?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs?page=2")
    assert answer.headers["cache-control"] == "no-store"
    cookie = cookie_of(answer)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=43200" in cookie
    me = (await browser.get(ME)).json()
    assert me["account"]["handle"] == "ann"
    assert me["account"]["display_name"] == "ann of the tests"
    assert "admin" not in me["scopes"]
    assert {"recipes:write", "runs:submit", "accounts:manage"} <= set(me["scopes"])


async def test_the_same_person_has_the_same_account_and_a_namesake_another(
    browser: Browser, app_with_people: FastAPI
) -> None:
    handles = []
    for login in ("bob@here", "bob@there", "bob@here"):
        async with Browser(app_with_people, ORIGIN) as other:
            await other.sign_in(login)
            handles.append((await other.get(ME)).json()["account"]["handle"])
    assert handles == ["bob", "bob-2", "bob"]


@pytest.mark.parametrize(
    ("name", "handle"),
    [("Ann.Lee@x.org", "ann-lee"), ("Zoë", "zoe"), ("日本", "person"), ("--", "person"),
     ("x" * 99, "x" * 30), ("", "person")],
)  # fmt: skip
def test_handles_are_made_of_names(name: str, handle: str) -> None:
    assert next(handles_for(name)) == handle


async def test_nobody_takes_a_handle_that_addresses_need(app_with_people: FastAPI) -> None:
    async with Browser(app_with_people, ORIGIN) as browser:
        await browser.sign_in("audit")
        assert (await browser.get(ME)).json()["account"]["handle"] == "audit-2"


async def test_https_hides_the_cookie_from_neighbours(hub: Hub, issuer: str) -> None:
    async with (
        hub(public_url="https://hub.example.org") as app,
        Browser(app, "https://hub.example.org") as browser,
    ):
        answer = await browser.get("/v1/accounts/sign-in")
        cookie = cookie_of(answer, "__Host-mergehub-sign-in")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "domain" not in cookie.lower()


async def test_administrators_are_known_by_group_and_subject_and_not_by_name(hub: Hub) -> None:
    changes = {"oidc_admin_groups": ["admins"], "oidc_admin_subjects": ["root@here"]}
    async with hub(**changes) as app:
        for login, scopes in (
            ("carl+admins", ["admin"]),
            ("root@here", ["admin"]),
            ("root@there", None),
            ("admins", None),
        ):
            async with Browser(app, ORIGIN) as browser:
                await browser.sign_in(login)
                told = (await browser.get(ME)).json()["scopes"]
                assert (told == ["admin"]) == (scopes is not None), login


async def test_only_members_of_the_named_groups_sign_in(hub: Hub) -> None:
    async with hub(oidc_groups=["lab"], session_scopes=["recipes:read"]) as app:
        async with Browser(app, ORIGIN) as browser:
            refused = await browser.sign_in("dora+other")
            assert (refused.status_code, refused.json()["code"]) == (403, "sign-in-refused")
            assert (await browser.get(ME)).status_code == 401
        async with Browser(app, ORIGIN) as browser:
            await browser.sign_in("dora+lab")
            assert (await browser.get(ME)).json()["scopes"] == ["recipes:read"]


@pytest.mark.parametrize(
    "return_to", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a b", ""]
)
async def test_nobody_is_sent_elsewhere(browser: Browser, return_to: str) -> None:
    answer = await browser.get("/v1/accounts/sign-in", params={"return_to": return_to})
    assert answer.status_code == 422
    assert "location" not in answer.headers


async def test_a_changed_cookie_sends_nobody_elsewhere(browser: Browser) -> None:
    back = await browser.callback("eve")
    kept = browser.cookies["mergehub-sign-in"].partition(".")[0]
    browser.cookies.clear()
    browser.cookies.set("mergehub-sign-in", f"{kept}.//evil.example", domain="localhost.local")
    assert (await browser.get(back)).json()["code"] == "sign-in-invalid"


async def test_what_comes_back_fits_no_other_browser(
    browser: Browser, app_with_people: FastAPI
) -> None:
    back = await browser.callback("eve")
    async with Browser(app_with_people, ORIGIN) as victim:
        refused = await victim.get(back)
        assert (refused.status_code, refused.json()["code"]) == (400, "sign-in-invalid")
        await victim.callback("fred")
        refused = await victim.get(back)
        assert refused.json()["code"] == "sign-in-invalid"
        assert "did not begin this sign-in" in refused.json()["detail"], "the code is not tried"
        assert "mergehub" not in victim.cookies


async def test_a_code_is_good_once(browser: Browser) -> None:
    back = await browser.callback("gina")
    kept = browser.cookies["mergehub-sign-in"]
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).json()["code"] == "sign-in-invalid"
    browser.cookies.set("mergehub-sign-in", kept, domain="localhost.local")
    replayed = await browser.get(back)
    assert (replayed.status_code, replayed.json()["code"]) == (400, "sign-in-invalid")
    assert "invalid_grant" in replayed.json()["detail"]


async def test_a_person_who_does_not_want_to_is_told_so(browser: Browser) -> None:
    back = httpx.URL(await browser.callback("hans"))
    cancelled = back.copy_remove_param("code").copy_add_param("error", "access_denied")
    answer = await browser.get(cancelled)
    assert (answer.status_code, answer.json()["code"]) == (403, "sign-in-refused")
    assert "access_denied" in answer.json()["detail"]


async def test_an_answer_of_another_provider_is_refused(browser: Browser) -> None:
    back = httpx.URL(await browser.callback("ida")).copy_set_param("iss", "https://other.example")
    assert (await browser.get(back)).json()["code"] == "sign-in-invalid"


async def test_without_a_provider_nobody_signs_in(stranger: httpx.AsyncClient) -> None:
    for path in ("/v1/accounts/sign-in", "/v1/accounts/callback"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "sign-in-off")


async def test_a_provider_that_is_away_is_a_503(hub: Hub) -> None:
    async with hub(oidc_issuer="http://127.0.0.1:9") as app, Browser(app, ORIGIN) as browser:
        answer = await browser.get("/v1/accounts/sign-in")
        assert (answer.status_code, answer.json()["code"]) == (503, "provider-away")
        assert answer.headers["retry-after"] == "2"


async def test_signing_out_ends_the_session_everywhere(
    browser: Browser, app_with_people: FastAPI, transaction: Any
) -> None:
    token = cookie_of(await browser.sign_in("jane")).partition(";")[0].partition("=")[2]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await browser.get(ME, headers=headers)).status_code == 200
    answer = await browser.post(SIGN_OUT)
    assert answer.status_code == 204
    assert 'mergehub="";' in cookie_of(answer)
    assert (await browser.get(ME)).status_code == 401
    assert (await browser.get(ME, headers=headers)).status_code == 401


async def test_an_expired_session_is_over(
    browser: Browser, app_with_people: FastAPI, transaction: Any
) -> None:
    await browser.sign_in("kim")
    async with transaction() as session:
        ended = "UPDATE tokens SET expires_at = now() - interval '1 s' WHERE session"
        await session.execute(text(ended))
    app_with_people.state.authenticator.forget()
    assert (await browser.get(ME)).status_code == 401
    assert (await browser.get("/v1/recipes")).status_code == 200, "a page can still be read"


async def test_who_is_disabled_is_out_and_stays_out(
    browser: Browser, owner: httpx.AsyncClient
) -> None:
    await browser.sign_in("lars")
    path = "/v1/accounts/lars"
    headers = {"If-Match": "*", "Authorization": owner.headers["authorization"]}
    answer = await browser.patch(path, json={"disabled": True}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (await browser.get(ME)).status_code == 401
    refused = await browser.sign_in("lars")
    assert (refused.status_code, refused.json()["code"]) == (403, "sign-in-refused")


async def test_sessions_are_forgotten_a_month_after_their_end(
    browser: Browser, transaction: Any, housekeeping: Housekeeping
) -> None:
    async def left(days: int) -> int:
        async with transaction() as session:
            end = f"UPDATE tokens SET expires_at = now() - interval '{days} days' WHERE session"
            await session.execute(text(end))
        await housekeeping.keep()
        async with transaction() as session:
            return await session.scalar(text("SELECT count(*) FROM tokens WHERE session"))

    await browser.sign_in("lisa")
    await browser.sign_in("lisa")
    await browser.post("/v1/tokens", json={"name": "ci", "scopes": ["recipes:read"]})
    assert await left(29) == 2
    assert await left(31) == 1, "the one that made a token"


async def test_signing_in_and_out_is_written_down(
    browser: Browser, owner: httpx.AsyncClient
) -> None:
    await browser.sign_in("mona")
    await browser.post(SIGN_OUT)
    trail = (await owner.get("/v1/accounts/audit")).json()["items"]
    assert [each["action"] for each in trail] == [
        "session.ended", "session.started", "account.created",
    ]  # fmt: skip
    assert trail[0]["actor"] == trail[1]["actor"]
    assert trail[0]["account"] == "mona"


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Origin": ORIGIN}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({}, False),
    ],
)
async def test_pages_of_other_sites_change_nothing_with_a_session(
    browser: Browser, headers: dict[str, str], allowed: bool
) -> None:
    await browser.sign_in("nora")
    del browser.headers["Sec-Fetch-Site"]
    body = {"name": "ci", "scopes": ["recipes:read"]}
    answer = await browser.post("/v1/tokens", json=body, headers=headers)
    assert answer.status_code == (201 if allowed else 403), answer.text
    if not allowed:
        assert answer.json()["code"] == "cross-site"
    assert (await browser.get(ME)).status_code == 200


async def test_a_page_of_a_listed_origin_may(hub: Hub) -> None:
    async with hub(cors_origins=["https://app.example"]) as app, Browser(app, ORIGIN) as browser:
        await browser.sign_in("olga")
        body = {"name": "ci", "scopes": ["recipes:read"]}
        headers = {"Origin": "https://app.example"}
        assert (await browser.post("/v1/tokens", json=body, headers=headers)).status_code == 201


async def test_a_person_makes_lasting_tokens_and_sees_all_of_them(browser: Browser) -> None:
    await browser.sign_in("pia")
    made = await browser.post("/v1/tokens", json={"name": "ci", "scopes": ["runs:submit"]})
    assert made.json()["expires_at"] is None
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    me = (await browser.get(ME, headers=headers)).json()
    assert me["account"]["handle"] == "pia"
    listed = (await browser.get("/v1/tokens")).json()["items"]
    assert [each["session"] for each in listed] == [False, True]
    of_ci = (await browser.get("/v1/tokens", headers=headers)).json()["items"]
    assert [each["name"] for each in of_ci] == ["ci"]
    refused = await browser.post("/v1/tokens", json={"name": "x", "scopes": ["admin"]})
    assert refused.json()["code"] == "beyond-own"


async def test_where_reading_needs_a_token_people_still_come_in(hub: Hub) -> None:
    async with hub(require_token=True) as app, Browser(app, ORIGIN) as browser:
        assert (await browser.get("/v1/recipes")).status_code == 401
        await browser.sign_in("sven")
        assert (await browser.get("/v1/recipes")).status_code == 200


async def test_names_of_tokens_are_each_persons_own(app_with_people: FastAPI) -> None:
    for login in ("quin", "rosa"):
        async with Browser(app_with_people, ORIGIN) as browser:
            await browser.sign_in(login)
            body = {"name": "laptop", "scopes": ["recipes:read"]}
            assert (await browser.post("/v1/tokens", json=body)).status_code == 201
