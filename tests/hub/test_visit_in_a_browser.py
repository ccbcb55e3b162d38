"""What a visitor of the map expects of its address and of a hub that is away, in a real browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from atlas import QUANTS, TUNES, Lineage, edge, open_map, panel, query, title
from looking import looking
from playwright.async_api import Page, expect
from running import RunningHub, eventually

pytestmark = pytest.mark.browser

RINGS = "[...document.querySelectorAll('circle.selected')]"
AWAY = "The hub does not answer."


@pytest.fixture
async def page(lineage: Lineage) -> AsyncIterator[Page]:
    async with looking() as looked:
        yield looked.page
        assert looked.complaints == []


async def place_of(page: Page, name: str) -> tuple[int, int]:
    """Where a name stands on the map."""
    label = page.locator(".names span", has_text=re.compile(f"^{name}$"))
    box = await label.bounding_box()
    assert box is not None
    return round(box["x"]), round(box["y"])


async def until(page: Page, condition: str) -> None:
    async with asyncio.timeout(30):
        while not await page.evaluate(condition):  # noqa: ASYNC110 - the canvas has no event
            await asyncio.sleep(0.05)


async def test_a_shared_address_shows_the_part_that_was_seen(
    hub: RunningHub, page: Page, lineage: Lineage
) -> None:
    await open_map(page, hub, f"focus={lineage.id('atlas/base')}&depth=1")
    await expect(page).to_have_title("atlas/base · Map · Mergehub")
    before = await place_of(page, "base")
    await page.get_by_role("button", name="Zoom out").click()
    await page.wait_for_url("**seen=**")
    x, y = await place_of(page, "base")
    assert (x, y) != before
    await page.reload()
    await page.locator("canvas[data-drawn=whole]").wait_for()
    again = await place_of(page, "base")
    assert again == pytest.approx((x, y), abs=2)
    await page.get_by_role("button", name="List").click()
    await page.get_by_role("button", name="Map", exact=True).click()
    await page.locator("canvas[data-drawn=whole]").wait_for()
    assert await place_of(page, "base") == again
    await page.get_by_role("button", name="Show all").click()
    assert "seen" not in query(page)
    await expect(page.get_by_role("button", name="Back")).to_be_disabled()  # no step of its own


async def test_what_is_chosen_beside_the_map_is_brought_into_view(
    hub: RunningHub, page: Page, lineage: Lineage
) -> None:
    await open_map(page, hub, f"focus={lineage.id('atlas/base')}&depth=1")
    chosen = page.locator(".names span", has_text="merge")
    await expect(chosen).to_have_count(1)
    await page.mouse.move(400, 400)
    await page.mouse.down()
    await page.mouse.move(400, 2000)
    await page.mouse.up()
    await page.wait_for_url("**seen=**")
    await expect(chosen).to_have_count(0)
    await panel(page).get_by_role("button", name="atlas/merge", exact=True).click()
    await expect(chosen).to_have_count(1)
    await expect(page.locator(".names span", has_text="grandchild")).to_have_count(1)


async def test_a_path_is_shown_as_it_was_chosen_although_the_map_lacks_its_models(
    hub: RunningHub, page: Page, lineage: Lineage
) -> None:
    await open_map(page, hub, f"focus={lineage.id('atlas/grandchild')}&depth=1")
    contamination = panel(page).get_by_role("region", name="Contamination")
    await contamination.get_by_role("button", name="Show this path on the map").click()
    await expect(page.locator("svg line.path")).to_have_count(2)
    assert query(page)["to"] == [lineage.id("atlas/tune-1")]
    assert query(page)["via"] == [lineage.id("atlas/merge")]
    path = panel(page).get_by_role("region", name="Path to another model")
    await expect(path.get_by_role("listitem")).to_have_text(
        ["atlas/grandchild", "atlas/merge", "atlas/tune-1"]
    )
    await expect(page).to_have_title("atlas/grandchild to atlas/tune-1 · Map · Mergehub")


async def test_the_map_moves_to_a_path_until_all_is_asked_for(
    hub: RunningHub, page: Page, lineage: Lineage
) -> None:
    lineage.learn([edge(f"far/child-{n}", "far/base", "finetune") for n in range(200)], [])
    ends = lineage.id("stranger/child"), lineage.id("stranger/base")
    await open_map(page, hub, "model={}&to={}".format(*ends))
    await until(page, f"{RINGS}.some((ring) => ring.r.baseVal.value > 20)")
    await page.get_by_role("button", name="Show all").click()
    await until(page, f"{RINGS}.every((ring) => ring.r.baseVal.value < 20)")


async def test_filters_offer_what_the_hub_has_with_counts_and_kinds_can_be_hidden(
    hub: RunningHub, page: Page, lineage: Lineage
) -> None:
    await open_map(page, hub, f"focus={lineage.id('atlas/base')}&depth=1")
    models = page.get_by_role("status").filter(has_text="models")
    await expect(models).to_have_text(f"{1 + 5 + TUNES + 1} models")
    await page.get_by_role("button", name="Quantization").click()
    await expect(models).to_have_text(f"{1 + TUNES + 1} models")
    await expect(page.locator(".names span", has_text=re.compile("quant"))).to_have_count(0)
    await page.get_by_role("button", name="Quantization").click()
    await expect(models).to_have_text(f"{1 + 5 + TUNES + 1} models")
    assert "kind" not in query(page)
    await page.get_by_text("Filters").click()
    licences = page.get_by_role("group", name="Licence")
    await expect(licences).to_contain_text("cc-by-nc-4.0 1")
    await expect(page.get_by_role("group", name="Relation")).to_contain_text(
        f"Quantization {QUANTS}"
    )
    await licences.get_by_label("none known").check()
    await expect(page.get_by_text("No model passes these filters")).to_have_count(0)
    assert query(page)["licence"] == ["unknown"]
    await expect(page.get_by_role("group", name="Domain")).to_contain_text("The other filters")


async def test_an_address_of_no_model_says_so_once_and_leads_on(
    hub: RunningHub, lineage: Lineage
) -> None:
    async with looking() as looked:
        page = looked.page
        await page.goto(f"{hub.url}/map?focus=not-an-id")
        await page.get_by_role("heading", name="This hub has no such model").wait_for()
        await expect(title(page)).to_have_text("Most-merged bases")
        await expect(page.get_by_role("alert")).to_have_count(0)
        assert await looked.violations() == []
        await page.get_by_role("button", name="Show the whole graph").click()
        await page.locator("canvas[data-drawn=whole]").wait_for()
        await page.goto(f"{hub.url}/map?model=not-an-id")
        await expect(title(page)).to_have_text("This hub has no such model")
        await expect(page.get_by_role("button", name="Try again")).to_have_count(0)
        await page.get_by_role("button", name="Close").click()
        await expect(title(page)).to_have_text("Most-merged bases")


async def test_a_hub_that_does_not_answer_is_said_and_asked_again(
    hub: RunningHub, lineage: Lineage
) -> None:
    async with looking() as looked:
        page = looked.page
        await open_map(page, hub, f"focus={lineage.id('stranger/child')}&view=list")
        await page.context.set_offline(True)
        await page.get_by_text(AWAY).wait_for()
        await page.get_by_label("Colour").focus()  # and the page goes on to be used
        await expect(page.get_by_role("treeitem", name="stranger/child")).to_be_visible()
        await expect(page.get_by_role("alert")).to_have_count(0)
        assert await looked.violations() == []
        search = page.get_by_role("combobox", name="Search recipes and models")
        await search.press_sequentially("stranger late")
        await expect(page.get_by_text("Waiting for the hub …")).to_be_visible()
        lineage.learn([edge("stranger/late", "stranger/child", "finetune")], [])
        eventually(lambda: lineage.finds("stranger late") or None)
        await page.context.set_offline(False)
        await expect(page.get_by_role("treeitem", name="stranger/late")).to_be_visible()
        await expect(page.get_by_text(AWAY)).to_have_count(0)
        await expect(page.get_by_role("option")).to_contain_text(["stranger/late"])
