"""Wrong answers of a provider: none of them gives a session, and none is a crash."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from openid import Browser
from pydantic import SecretStr, ValidationError
from rogue import CLIENT_ID, CLIENT_SECRET, Rogue

from mergehub.kit.settings.service import ServiceSettings
from registry.app import create_app

ORIGIN = "http://localhost:8000"

Serving = Callable[[FastAPI], AbstractAsyncContextManager[str]]
Hub = Callable[[], AbstractAsyncContextManager[FastAPI]]
Change = Callable[[Rogue], object]


@pytest.fixture(scope="module")
async def served(serving: Serving) -> AsyncIterator[Rogue]:
    rogue = Rogue()
    async with serving(rogue.app) as url:
        rogue.issuer = url
        yield rogue


@pytest.fixture
def rogue(served: Rogue) -> Rogue:
    """The rogue, as honest as at first."""
    served.repent()
    return served


@pytest.fixture(scope="module")
def hub(settings: ServiceSettings, served: Rogue) -> Hub:
    """Run a hub whose people sign in at the rogue."""

    @asynccontextmanager
    async def hub() -> AsyncIterator[FastAPI]:
        given = settings.model_dump() | {
            "public_url": ORIGIN,
            "oidc_issuer": served.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
        }
        app = create_app(ServiceSettings(**given))
        async with app.router.lifespan_context(app):
            yield app

    return hub


@pytest.fixture(scope="module")
async def app_of_the_rogue(hub: Hub) -> AsyncIterator[FastAPI]:
    async with hub() as app:
        yield app


@pytest.fixture
async def browser(app_of_the_rogue: FastAPI, empty: None) -> AsyncIterator[Browser]:
    async with Browser(app_of_the_rogue, ORIGIN) as browser:
        yield browser


async def comes_back(browser: Browser, rogue: Rogue) -> httpx.Response:
    """Begin to sign in, and return with a code."""
    begun = await browser.get("/v1/accounts/sign-in")
    if begun.status_code != 303:
        return begun
    rogue.asked = dict(httpx.URL(begun.headers["location"]).params)
    params = {"code": "c", "state": rogue.asked["state"]}
    return await browser.get("/v1/accounts/callback", params=params)


async def test_an_honest_one_is_believed(browser: Browser, rogue: Rogue) -> None:
    answer = await comes_back(browser, rogue)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert rogue.asked["code_challenge_method"] == "S256"
    assert rogue.asked["scope"] == "openid profile"
    assert (await browser.get("/v1/accounts/me")).json()["account"]["handle"] == "ann"


AN_HOUR_AGO, IN_AN_HOUR = int(time.time()) - 3600, int(time.time()) + 3600


def _said(claims: dict[str, Any]) -> str:
    """A test id that is the same in every process that collects the tests."""
    named = {AN_HOUR_AGO: "an hour ago", IN_AN_HOUR: "in an hour"}
    return ",".join(
        f"{name}={named.get(value, value) if isinstance(value, int) else value}"
        for name, value in claims.items()
    )[:40]


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": ["another", CLIENT_ID]},  # does not say to which client it was issued
        {"aud": ["another", CLIENT_ID], "azp": "another"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"sub": None},
        {"exp": AN_HOUR_AGO},
        {"exp": None},
        {"iat": IN_AN_HOUR},
        {"at_hash": "another"},
    ],
    ids=_said,
)
async def test_an_id_token_for_something_else_is_refused(
    browser: Browser, rogue: Rogue, claims: dict[str, Any]
) -> None:
    rogue.claims = claims
    await refused(browser, rogue)


def _other_key(rogue: Rogue) -> None:
    rogue.signer = rogue.other


def _unknown_key(rogue: Rogue) -> None:
    rogue.header, rogue.signer = {"alg": "RS256", "kid": "b"}, rogue.other


def _other_person(rogue: Rogue) -> None:
    rogue.subject = "bob"


@pytest.mark.parametrize("change", [_other_key, _unknown_key, _other_person, Rogue.shared_secret])
async def test_an_id_token_that_is_not_signed_by_the_provider_is_refused(
    browser: Browser, rogue: Rogue, change: Change
) -> None:
    change(rogue)
    await refused(browser, rogue)


async def refused(browser: Browser, rogue: Rogue) -> None:
    answer = await comes_back(browser, rogue)
    assert (answer.status_code, answer.json()["code"]) == (400, "sign-in-invalid")
    assert "mergehub" not in browser.cookies
    assert (await browser.get("/v1/accounts/me")).status_code == 401


@pytest.mark.parametrize(
    "answer",
    [
        Response("<html>", 200, media_type="text/html"),
        Response("{}", 200, media_type="application/json"),
        Response("[]", 200, media_type="application/json"),
        Response("", 500),
        Response("", 204),
    ],
    ids=["page", "nothing in it", "a list", "crashed", "empty"],
)
async def test_an_answer_that_is_none_is_no_crash(
    browser: Browser, rogue: Rogue, answer: Response
) -> None:
    rogue.answer = answer
    answered = await comes_back(browser, rogue)
    assert answered.json()["code"] in ("provider-away", "sign-in-invalid"), answered.text
    assert "mergehub" not in browser.cookies


@pytest.mark.parametrize(
    "discovery", [{"issuer": "https://another.example"}, {"token_endpoint": None}]
)
async def test_a_provider_that_is_another_is_not_used(
    hub: Hub, rogue: Rogue, empty: None, discovery: dict[str, Any]
) -> None:
    rogue.discovery = discovery
    async with hub() as app, Browser(app, ORIGIN) as browser:  # it asks who the provider is once
        answer = await comes_back(browser, rogue)
    assert (answer.status_code, answer.json()["code"]) == (503, "provider-away")


@pytest.mark.parametrize(
    "claims",
    [
        {"preferred_username": 5, "name": ["x"]},
        {"preferred_username": "a\0b", "name": "n\0" * 300},
        {"groups": {"a": 1}},
        {"groups": [1, None, "x"]},
        {"groups": 7},
        {"sub": "s" * 300},
    ],
    ids=["no text", "NUL", "object", "mixed", "number", "long"],
)
async def test_odd_claims_are_no_crash(
    browser: Browser, rogue: Rogue, claims: dict[str, Any]
) -> None:
    rogue.claims, rogue.subject = claims, claims.get("sub", "ann")
    assert (await comes_back(browser, rogue)).status_code in (303, 400)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"oidc_issuer": "https://p.example"}, "MERGEHUB_OIDC_CLIENT_ID"),
        ({"oidc_issuer": "https://p.example", "oidc_client_id": "x"}, "MERGEHUB_PUBLIC_URL"),
        ({"oidc_issuer": "http://p.example"}, "https://"),
        ({"public_url": "http://hub.example"}, "https://"),
        ({"public_url": "https://hub.example/hub"}, "path"),
        ({"session_scopes": ["recipe:write"]}, "recipe:write"),
        ({"quotas": {"recipes": -1}}, "quotas"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        ServiceSettings(**changes)
