"""The pages about what merges gained, in a real browser: a model, a comparison, the table."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest
from atlas import query
from league import BENCHMARKS, BOARD, METHODS, League, results
from looking import Looking, looking
from playwright.async_api import Page, expect
from running import RunningHub, eventually, finish

pytestmark = pytest.mark.browser


@pytest.fixture
def hub(ranking_hub: RunningHub) -> RunningHub:
    return ranking_hub


@pytest.fixture
async def looked(hub: RunningHub, league: League) -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert looked.complaints == []
        assert looked.hosts == {urlsplit(hub.url).netloc}


@pytest.fixture
def page(looked: Looking) -> Page:
    return looked.page


async def test_a_model_has_its_results_its_uplift_in_words_and_a_way_to_the_map(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/models?model=league/ties-5&board={BOARD}")
    results = page.get_by_role("region", name="Results of league/ties-5")
    await expect(results.get_by_role("row")).to_have_count(1 + len(BENCHMARKS))
    await expect(results).to_contain_text("imported")
    plot = page.get_by_role("figure").filter(has_text="Uplift by benchmark")
    await expect(plot).to_contain_text("league/tune-a")
    await expect(plot).to_contain_text("better")
    await page.get_by_role("button", name="Best ingredient").click()
    assert query(page)["against"] == ["best"]
    await expect(plot).not_to_contain_text("league/tune-b")
    await looked.settled()
    assert await looked.violations() == []
    await expect(page).to_have_title("league/ties-5 · Models · Mergehub")
    await page.get_by_role("link", name="Show on the map").click()
    await page.get_by_role("link", name="Results and uplift").click()
    await page.get_by_role("heading", level=1, name="league/ties-5").wait_for()


async def test_a_merge_has_what_each_ingredient_adds(hub: RunningHub) -> None:
    name, recipe = "ablated/soup", "merge_method: linear\nmodels: [{model: left}, {model: right}]\n"
    wanted = {"kind": "merge", "recipe": recipe, "model_name": name}
    with hub.client() as client:
        for each in (wanted, {"kind": "ablate", "model": name, "benchmarks": ["next"]}):
            await asyncio.to_thread(finish, client, client.submit(each))
    asked = f"{hub.url}/v1/uplift/ablations?model={name}"
    await asyncio.to_thread(eventually, lambda: httpx.get(asked).json()["items"] or None)
    async with looking() as looked:
        await looked.page.goto(f"{hub.url}/models?model={name}")
        plot = looked.page.get_by_role("figure").filter(has_text="What each ingredient adds")
        await expect(plot).to_contain_text("left")
        await plot.get_by_text("As a table").click()
        await expect(plot.get_by_role("row")).to_have_count(3)
        await looked.settled()
        assert await looked.violations() == []
        assert looked.complaints == []


async def test_why_a_result_is_doubtful_is_said_in_words(
    hub: RunningHub, page: Page, league: League, looked: Looking
) -> None:
    league.bring_in([*results("league-doubts/one", 0.3), *results("league-doubts/one", 0.6)])
    await page.goto(f"{hub.url}/models?model=league-doubts/one")
    await page.get_by_text("doubtful or withdrawn").click()
    await expect(page.get_by_role("listitem").filter(has_text="musr")).to_contain_text("line 5")
    await looked.settled()
    assert await looked.violations() == []


async def test_models_that_are_on_no_board_are_not_compared_in_an_empty_table(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/compare?board=languages&model=league/ties-5&model=league/tune-a")
    await page.get_by_role("heading", name="None of these models is on this board").wait_for()
    await expect(page.get_by_role("figure")).to_have_count(0)
    await looked.settled()
    assert await looked.violations() == []


async def test_a_model_without_results_says_how_to_get_some(hub: RunningHub, page: Page) -> None:
    await page.goto(f"{hub.url}/models?model=league/unheard-of")
    await page.get_by_role("heading", name="This hub has no results of this model").wait_for()
    await page.goto(f"{hub.url}/models")
    search = page.get_by_role("combobox", name="Find a model with results")
    await search.press_sequentially("league/tune-a")
    await page.get_by_role("option", name="league/tune-a").click()
    await page.get_by_role("heading", level=1, name="league/tune-a").wait_for()


async def test_models_are_added_to_a_comparison_by_search_and_compared_with_the_first(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/compare?board={BOARD}")
    await page.get_by_role("heading", name="Add two models").wait_for()
    search = page.get_by_role("combobox", name="Add a model")
    for name in ("league/tune-a", "league/ties-5"):
        await search.press_sequentially(name)
        await page.get_by_role("option", name=name).click()
    table = page.get_by_role("region", name="Comparison")
    row = table.get_by_role("row").filter(has_text="Mean")
    await expect(row).to_contain_text("better")
    assert query(page)["model"] == ["league/tune-a", "league/ties-5"]
    assert await looked.violations() == []
    await page.get_by_role("button", name="Put first").click()
    await expect(row).to_contain_text("worse")
    await page.get_by_role("button", name="Remove league/tune-a").click()
    await page.get_by_role("heading", name="Add one more model").wait_for()


async def test_a_phone_shows_two_compared_models_without_being_scrolled(
    hub: RunningHub, league: League
) -> None:
    async with looking((390, 844)) as looked:
        page = looked.page
        await page.goto(
            f"{hub.url}/compare?board={BOARD}&model=league/ties-5&model=league/slerp-3"
            "&model=league/tune-a"
        )
        second = page.get_by_role("columnheader").nth(2)
        box = await second.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390
        assert await looked.violations() == []


async def test_a_cell_of_the_table_lists_its_merges(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/uplift?board={BOARD}&base=league/base")
    cell = page.get_by_role("link", name="ties on league/base")
    count = METHODS["ties"][0]
    await expect(cell).to_have_accessible_name(re.compile(f"{count} merges"))
    assert await looked.violations() == []
    await cell.focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("link", name="slerp on league/base")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    merges = page.get_by_role("region", name="Merges by ties on league/base")
    await expect(merges.get_by_role("row")).to_have_count(1 + count)
    assert query(page)["cell_method"] == ["ties"]
    await merges.get_by_role("link", name="league/ties-5").click()
    await page.get_by_role("heading", level=1, name="league/ties-5").wait_for()
    await page.go_back()
    await expect(merges.get_by_role("row")).to_have_count(1 + count)
