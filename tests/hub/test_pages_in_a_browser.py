"""The frame of all pages in a real browser, against a running hub: shell, start page, 404."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from looking import PHONE, looking
from playwright.async_api import Locator, expect
from running import RunningHub, started_hub

from mergehub.contracts.services import PAGES

pytestmark = pytest.mark.browser

FIRST_PICTURE_BYTES = 200_000


@pytest.mark.parametrize("path", PAGES)
async def test_everybody_can_use_a_page_which_loads_only_from_the_hub_and_little_code(
    hub: RunningHub, path: str
) -> None:
    async with looking() as looked:
        answer = await looked.page.goto(f"{hub.url}{path}")
        assert answer is not None
        assert "unsafe" not in answer.headers["content-security-policy"]
        await looked.page.locator("h1").first.wait_for(state="attached")
        await looked.settled()
        assert looked.hosts == {urlsplit(hub.url).netloc}
        assert sum(looked.scripts.values()) < FIRST_PICTURE_BYTES
        await looked.is_for_everybody()
        assert looked.complaints == []


async def test_links_of_the_frame_lead_to_every_page_and_say_where_one_is(
    hub: RunningHub,
) -> None:
    async with looking() as looked:
        page = looked.page
        await page.goto(f"{hub.url}/map")
        ways = await _ways(page.get_by_role("banner"))
        assert "/docs" in ways
        await page.get_by_role("link", name="Boards").click()
        row = page.get_by_role("navigation", name="Boards and models")
        ways += await _ways(row)
        assert {*ways} == {*PAGES, "/docs"}
        for path in ways:
            if path == "/docs":
                continue
            await page.locator(f'a[href="{path}"]').first.click()
            await page.locator(f'a[href="{path}"][aria-current=page]').first.wait_for()
            assert urlsplit(page.url).path == path
            if not await row.is_visible():
                await page.goto(f"{hub.url}/boards")
        assert looked.complaints == []


async def _ways(part: Locator) -> list[str]:
    """Where the links of a part of the frame lead."""
    links = part.get_by_role("link")
    await links.first.wait_for()
    return await links.evaluate_all("all => all.map(link => link.getAttribute('href'))")


async def test_a_page_of_a_group_marks_its_group(hub: RunningHub) -> None:
    async with looking(PHONE) as looked:
        page = looked.page
        await page.goto(f"{hub.url}/uplift")
        boards = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Boards")
        await expect(boards).to_have_attribute("aria-current", "true")
        row = page.get_by_role("navigation", name="Boards and models")
        await expect(row.locator("a[aria-current]")).to_have_text("Uplift")
        await page.goto(f"{hub.url}/recipes/ann/soup")
        recipes = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Recipes")
        await expect(recipes).to_have_attribute("aria-current", "true")
        await expect(row).to_have_count(0)


async def test_an_unknown_address_says_so_and_leads_back(hub: RunningHub) -> None:
    async with looking() as looked:
        answer = await looked.page.goto(f"{hub.url}/maps")
        assert answer is not None
        assert answer.status == 404
        await looked.page.get_by_role("banner").get_by_role("link", name="Mergehub").click()
        await looked.page.get_by_role("heading", level=1, name="Mergehub").wait_for()


async def test_a_hub_that_hides_its_models_asks_for_a_token_and_forgets_it_at_sign_out(
    store_folder: Path, models: Path
) -> None:
    hidden = {"MERGEHUB_REQUIRE_TOKEN": "true", "MERGEHUB_HUB_NAME": "Merge lab"}
    with started_hub(store_folder / "hidden", models, workers=0, **hidden) as hub:
        async with looking() as looked:
            page = looked.page
            await page.goto(f"{hub.url}/map")
            await page.get_by_role("link", name="Merge lab").wait_for()
            await page.get_by_label("A token of this hub").fill(hub.token)
            assert await looked.violations() == []
            await page.get_by_role("button", name="Go on").click()
            await page.get_by_text("This hub knows no models yet").wait_for()
            assert looked.complaints == []
            await page.get_by_role("button", name="Sign out").click()
            await page.get_by_label("A token of this hub").fill("mgh_wrong")
            await page.get_by_role("button", name="Go on").click()
            await page.get_by_label("A token of this hub").wait_for()  # the wrong one is forgotten
        with hub.client() as owner:
            assert owner.get("/v1/models")["items"] == []  # signing out has not revoked the token
