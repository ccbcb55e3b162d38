"""The page of all operations, in a real browser, with a token and a request that takes effect."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from browsing import browsing
from fastapi import FastAPI
from looking import looking
from running import RunningHub

import lineage.app
from mergehub.contracts.services import SERVICES
from mergehub.kit.settings.service import ServiceSettings

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

RECIPE = {"name": "from-the-page", "recipe": "merge_method: linear\nmodels: [{model: a}]\n"}


@dataclass
class Opened:
    """The page of a hub; the hosts that it asked, and what the browser complained about."""

    page: Page
    asked: set[str]
    complaints: list[str]


@pytest.fixture(scope="module")
async def docs(hub: RunningHub) -> AsyncIterator[Opened]:
    """The page that all tests look at, since a browser takes long to draw it.

    Its address names another document, which it must not load.
    """
    async with browsing() as (page, complaints):
        opened = Opened(page, set(), complaints)
        page.on("request", lambda request: opened.asked.add(urlsplit(request.url).netloc))
        await open_docs(page, hub.url, "?url=https://evil.example/openapi.json")
        yield opened


async def open_docs(page: Page, url: str, query: str = "") -> None:
    await page.goto(f"{url}/docs{query}")
    await page.locator(".opblock").first.wait_for()


async def authorize(page: Page, token: str) -> None:
    await page.get_by_role("button", name="Authorize").first.click()
    await page.get_by_label("auth-bearer-value").fill(token)
    await page.get_by_role("button", name="Apply credentials").click()
    await page.get_by_role("button", name="Close").click()


async def test_the_page_has_every_operation_and_loads_nothing_from_elsewhere(
    hub: RunningHub, docs: Opened
) -> None:
    page = docs.page
    shown = await page.evaluate("ui.specSelectors.operations().size")  # it draws what one sees
    await page.reload()  # a cached page works as well as a new one
    await page.locator(".opblock").first.wait_for()
    addresses = [f"{hub.url}/docs/openapi/{each.name}.json" for each in SERVICES]
    told = [(await (await page.request.get(each)).json())["paths"] for each in addresses]
    assert shown == sum(len(methods) for paths in told for methods in paths.values())
    assert docs.asked == {urlsplit(hub.url).netloc}
    assert docs.complaints == []


async def test_what_workers_do_is_shown_after_what_people_do(docs: Opened) -> None:
    shown = await docs.page.evaluate("ui.specSelectors.taggedOperations().keySeq().toJS()")
    sought = docs.page.get_by_placeholder("Filter by tag or path")
    await sought.fill("runs")
    summary = docs.page.locator("#operations-runs-cancel_run .opblock-summary-description")
    assert await summary.inner_text() == "Cancel a run"
    await sought.fill("")
    assert shown.index("recipes") == 0
    assert shown.index("worker protocol") == len(shown) - 1


async def test_a_model_of_two_services_is_shown_as_each_has_it(docs: Opened) -> None:
    """`Parent` is part of a run in the registry and of a comparison in the leaderboard."""
    names = await docs.page.evaluate(
        "Object.keys(ui.specSelectors.specJson().getIn(['components', 'schemas']).toJS())"
    )
    assert {"Parent", "leaderboard.Parent", "Problem"} <= set(names)
    assert "leaderboard.Problem" not in names


async def test_an_operation_is_tried_out_with_a_token(hub: RunningHub, docs: Opened) -> None:
    page = docs.page
    await authorize(page, hub.token)
    operation = page.locator("#operations-recipes-publish_recipe")
    await operation.locator(".opblock-summary-control").click()
    await operation.locator("textarea.body-param__text").fill(json.dumps(RECIPE))
    await operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    await answer.get_by_text('"from-the-page"').first.wait_for()
    assert "201" in await answer.inner_text()
    stored = await page.request.get(f"{hub.url}/v1/recipes?name={RECIPE['name']}")
    assert len((await stored.json())["items"]) == 1
    assert docs.complaints == []


async def test_a_service_alone_shows_its_own_operations(
    serving: Callable[[FastAPI], AbstractAsyncContextManager[str]],
    fresh_database: str,
    redis_url: str,
) -> None:
    settings = ServiceSettings(
        database_url=fresh_database, redis_url=redis_url, background="separate"
    )
    alone = lineage.app.create_app(settings)
    async with alone.router.lifespan_context(alone), serving(alone) as url, browsing() as (page, _):
        await open_docs(page, url)
        assert await page.locator("#operations-models-list_models").count() == 1
        told = await page.locator("#absent").inner_text()
    assert told == "Not served at this address: registry, leaderboard."


STYLE = """() => {
  const { color, backgroundColor, fontFamily } = getComputedStyle(document.querySelector("header"));
  return [color, backgroundColor, fontFamily];
}"""


async def test_documentation_looks_like_the_other_pages_and_leads_back_to_them(
    hub: RunningHub,
) -> None:
    async with looking() as looked:
        page = looked.page
        styles = []
        for path in ("/boards", "/docs/guides", "/docs/problems", "/docs/guides/leaderboard"):
            await page.goto(f"{hub.url}{path}")
            await page.locator("h1").first.wait_for()
            await looked.settled()
            await looked.is_for_everybody()
            styles.append(await page.evaluate(STYLE))
        assert styles == [styles[0]] * 4
        await page.get_by_role("link", name="Mergehub", exact=True).click()
        await page.get_by_role("heading", level=1, name="Mergehub").wait_for()
        assert urlsplit(page.url).path == "/"
        assert looked.complaints == []
