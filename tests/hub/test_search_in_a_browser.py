"""Searching for recipes in a real browser, and the start page, which leads there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from atlas import query
from looking import Looking, looking
from playwright.async_api import Locator, Page, Route, expect
from running import RunningHub, eventually

pytestmark = pytest.mark.browser

PHONE = (390, 844)
TIES = """\
merge_method: ties
base_model: galley/base
models:
  - {model: galley/dates, parameters: {weight: 0.6, density: 0.4}}
  - {model: galley/units, parameters: {weight: 0.4, density: 0.4}}
dtype: bfloat16
"""
SLERP = """\
merge_method: slerp
base_model: galley/base
models:
  - {model: galley/base}
  - {model: galley/dates}
parameters: {t: 0.5}
dtype: bfloat16
"""
LINEAR = """\
merge_method: linear
models:
  - {model: galley/dates, parameters: {weight: 1}}
  - {model: galley/units, parameters: {weight: %d}}
dtype: bfloat16
"""
WARM = """\
# Soup

**Warm** & <b>good</b>, from [dates](https://example.org/dates_2).
"""
MANY = 45
"""So many are more than a page."""


def recipes() -> list[dict[str, Any]]:
    """Recipes with the tag `galley`, which no other test of this hub has."""
    stew = {"name": "galley-stew", "title": "Stew of dates and units", "recipe": TIES}
    soup = {"name": "galley-soup", "title": "German soup", "recipe": SLERP}
    stew |= {"tags": ["galley", "german"], "domains": ["cooking"], "licence": "apache-2.0"}
    soup |= {"tags": ["galley", "german"], "licence": "mit", "description": WARM}
    rest = [
        {"name": f"galley-bread-{n}", "tags": ["galley", "bread"], "recipe": LINEAR % (n + 1)}
        for n in range(MANY)
    ]
    return [*rest, soup, stew]


@pytest.fixture(scope="module")
def galley(hub: RunningHub) -> None:
    """The hub knows these recipes."""
    owner = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.url, headers=owner, timeout=60) as http:
        http.post("/v1/recipes/import", json={"recipes": recipes()}).raise_for_status()

    def found() -> bool | None:
        page = httpx.get(f"{hub.url}/v1/recipes", params={"q": "tag:galley"}).json()
        return page.get("total") == len(recipes()) or None

    eventually(found)


@pytest.fixture
async def looked(hub: RunningHub, galley: None) -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert looked.complaints == []


@pytest.fixture
def page(looked: Looking) -> Page:
    return looked.page


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search recipes", exact=True)


def results(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("article")


def total(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("status").filter(has_text=re.compile("^[0-9]"))


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


async def search(page: Page, hub: RunningHub, q: str, state: str = "") -> None:
    await page.goto(f"{hub.url}/recipes?{httpx.QueryParams({'q': q})}&{state}")


async def test_a_search_is_in_the_address_and_each_result_says_what_it_is(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/recipes")
    await box(page).fill("stew method:ties density<0.5")
    await box(page).press("Enter")
    await expect(total(page)).to_have_text("1 recipe")
    assert query(page)["q"] == ["stew method:ties density<0.5"]
    await expect(page).to_have_title("stew method:ties density<0.5 · Recipes · Mergehub")
    for said in ("local/galley-stew", "Stew of dates and units", "ties of 3 models on galley/base"):
        await expect(results(page)).to_contain_text(said)
    for said in ("cooking", "#german", "apache-2.0", "0 stars"):
        await expect(results(page)).to_contain_text(said)
    await results(page).get_by_role("link", name="#german").click()
    assert query(page)["q"] == ["stew method:ties density<0.5 tag:german"]
    await page.go_back()
    await expect(box(page)).to_have_value("stew method:ties density<0.5")
    await results(page).get_by_role("link", name="local/galley-stew", exact=True).click()
    await page.wait_for_url("**/recipes/local/galley-stew")


async def test_a_description_is_shown_without_the_marks_of_markdown(
    hub: RunningHub, page: Page
) -> None:
    await search(page, hub, "name:galley-soup")
    await expect(results(page)).to_contain_text("Soup Warm & good, from dates.")


async def test_the_last_word_is_completed_by_keyboard(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await search(page, hub, "tag:galley")
    await box(page).press("End")
    await box(page).press_sequentially(" meth")
    await page.get_by_role("option", name="method:").wait_for()
    assert await looked.violations() == []
    await box(page).press("ArrowDown")
    await box(page).press("Enter")
    await expect(box(page)).to_have_value("tag:galley method:")
    slerp = page.get_by_role("option", name="method:slerp")
    await expect(slerp).to_contain_text("1 recipe")
    while await slerp.get_attribute("aria-selected") != "true":
        await box(page).press("ArrowUp")
    await box(page).press("Enter")
    await expect(total(page)).to_have_text("1 recipe")
    await expect(box(page)).to_have_value("tag:galley method:slerp ")
    assert query(page)["q"] == ["tag:galley method:slerp"]
    await box(page).fill("galley-ste")
    await page.get_by_role("option", name="local/galley-stew").wait_for()
    await box(page).press("Escape")
    await expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(0)
    await box(page).press_sequentially("w")
    await page.get_by_role("option", name="local/galley-stew").click()
    await page.wait_for_url("**/recipes/local/galley-stew")


async def test_faults_are_marked_at_their_places_and_put_right_by_a_press(
    hub: RunningHub, galley: None
) -> None:
    async with looking() as looked:
        page = looked.page
        await search(page, hub, "🍲 tga:galley method:teis")
        alert = page.get_by_role("alert")
        await expect(alert.locator("mark")).to_have_text(["tga", "teis"])
        assert await looked.violations() == []
        await alert.get_by_role("button", name="Search for “🍲 tag:galley method:teis”").click()
        await expect(alert.locator("mark")).to_have_text(["teis"])
        await page.go_back()
        await alert.get_by_role("button", name="Search for “🍲 tag:galley method:ties”").click()
        await expect(results(page)).to_have_count(1)
        await expect(box(page)).to_have_value("🍲 tag:galley method:ties")


async def test_what_was_read_instead_of_a_mistake_is_said(hub: RunningHub, page: Page) -> None:
    await search(page, hub, "tag:galely german")
    await expect(results(page)).to_have_count(2)
    await expect(page.get_by_text("No recipe has “galely”.")).to_be_visible()
    await page.get_by_role("link", name="tag:galley german").click()
    assert query(page)["q"] == ["tag:galley german"]
    await expect(page.get_by_text("No recipe has")).to_have_count(0)


async def test_facets_have_counts_and_go_in_and_out_of_the_search(
    hub: RunningHub, page: Page
) -> None:
    await search(page, hub, "tag:galley")
    methods = page.get_by_role("group", name="Method")
    await expect(methods).to_contain_text(f"linear {MANY}")
    await methods.get_by_label("ties").check()
    await expect(total(page)).to_have_text("1 recipe")
    await expect(box(page)).to_have_value("tag:galley method:ties")
    await expect(methods).to_contain_text(f"linear {MANY}")  # the others are left to choose from
    await methods.get_by_label("slerp").check()
    await expect(total(page)).to_have_text("2 recipes")
    assert query(page)["q"] == ["tag:galley method:ties,slerp"]
    await page.get_by_role("group", name="Models merged").get_by_label("3").check()
    await expect(total(page)).to_have_text("1 recipe")
    await methods.get_by_label("slerp").click()  # no longer there once it is not chosen
    await expect(box(page)).to_have_value("tag:galley method:ties ingredients:3")
    await page.get_by_role("group", name="Models merged").get_by_label("3").uncheck()
    await page.get_by_role("group", name="Owner").get_by_label("local").check()
    assert query(page)["q"] == ["tag:galley method:ties owner:local"]


async def test_recipes_are_sorted_read_as_one_scrolls_and_saved_as_a_table(
    hub: RunningHub, page: Page
) -> None:
    await search(page, hub, "tag:galley")
    await expect(total(page)).to_have_text(f"{MANY + 2} recipes")
    assert await results(page).count() < MANY
    while await results(page).count() < MANY + 2:
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    await expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    await page.get_by_label("Sort by").select_option("Stars")
    assert query(page) == {"q": ["tag:galley"], "sort": ["stars"]}
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Save as CSV").click()
    rows = rows_of(await (await started.value).path())
    assert len(rows) == MANY + 2
    assert {row["method"] for row in rows} == {"ties", "slerp", "linear"}
    assert "galley german" in {row["tags"] for row in rows}


async def test_where_nothing_is_found_a_condition_can_be_dropped(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await search(page, hub, "tag:german method:linear tag:galley")
    await page.get_by_role("heading", name="No recipe matches all of this").wait_for()
    without = page.get_by_role("listitem").filter(has_text="without method:linear")
    await expect(without).to_contain_text("2 recipes")
    assert await looked.violations() == []
    await without.get_by_role("link").click()
    await expect(results(page)).to_have_count(2)


async def test_recipes_like_one_have_an_address(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await search(page, hub, "galley stew")
    await page.get_by_role("link", name="Similar to local/galley-stew").click()
    assert query(page) == {"like": ["local/galley-stew"]}
    await expect(results(page).first).to_contain_text("alike")
    await page.get_by_role("button", name="Same models, other method").click()
    assert query(page)["by"] == ["ingredients"]
    await page.get_by_role("heading", name="No other recipe merges the same models").wait_for()
    assert await looked.violations() == []


async def test_a_hub_without_recipes_says_what_to_do_first(ranking_hub: RunningHub) -> None:
    async def without_others(route: Route) -> None:
        """Ask for the recipes of somebody who has none: the answer of an empty hub."""
        await route.continue_(url=f"{ranking_hub.url}/v1/recipes?owner=nobody")

    async with looking() as looked:
        page = looked.page
        await page.route(re.compile(r"/v1/recipes\?"), without_others)
        for path in ("/recipes", "/"):
            await page.goto(f"{ranking_hub.url}{path}")
            await page.get_by_role("heading", name="This hub has no recipes yet").wait_for()
            await page.get_by_role("link", name="Publish the first one").wait_for()
        await looked.settled()
        assert await looked.violations() == []
        assert looked.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desk", "phone"])
async def test_everybody_can_use_the_results(
    hub: RunningHub, galley: None, scheme: str, size: tuple[int, int]
) -> None:
    async with looking(size, color_scheme=scheme) as looked:
        page = looked.page
        await search(page, hub, "tag:galley german")
        await expect(results(page)).to_have_count(2)
        await looked.settled()
        methods = page.get_by_role("group", name="Method")
        if size == PHONE:
            await expect(methods).to_have_count(0)  # folded
            await page.get_by_text("Narrow down").click()
        await expect(methods).to_contain_text("slerp 1")
        assert await looked.violations() == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]


async def test_the_start_page_shows_what_is_new_and_its_box_leads_to_the_search(
    hub: RunningHub, page: Page
) -> None:
    await page.goto(hub.url)
    new = page.get_by_role("region", name="New", exact=True)
    await expect(new.get_by_role("listitem")).to_have_count(5)
    box = page.get_by_role("combobox", name="Search recipes and models")
    await box.fill("galley stew")
    option = page.get_by_role("group", name="Recipes").get_by_role("option")
    await expect(option).to_contain_text(["local/galley-stew"])
    await box.press("Enter")
    await expect(total(page)).to_have_text("1 recipe")
    assert query(page)["q"] == ["galley stew"]
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Map").click()
    await box.fill("galley soup")
    await page.get_by_role("option", name="local/galley-soup").click()
    await page.wait_for_url("**/recipes/local/galley-soup")
