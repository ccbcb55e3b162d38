"""The boards in a real browser: rows, filters, columns, size against score, what is saved."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from atlas import query
from defusedxml import ElementTree
from league import BOARD, METHODS, MODELS, League, results
from looking import Looking, looking
from playwright.async_api import Page, expect
from running import RunningHub, eventually

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"


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


async def saved(page: Page, button: str) -> str:
    """The content of the file that a button saves."""
    async with page.expect_download() as started:
        await page.get_by_role("button", name=button).first.click()
    return _content(await (await started.value).path())


def _content(file: Path) -> str:
    return Path(file).read_text(encoding="utf-8")


async def open_board(page: Page, hub: RunningHub, state: str = "") -> None:
    await page.goto(f"{hub.url}/boards?board={BOARD}&{state}")
    await page.get_by_role("table").wait_for()


async def test_the_list_of_boards_leads_to_a_board_and_its_title(
    hub: RunningHub, page: Page
) -> None:
    await page.goto(f"{hub.url}/boards")
    boards = page.get_by_role("main").get_by_role("listitem")
    await expect(boards.first).to_contain_text(re.compile(r"Ranks \d+ models"))
    await expect(boards.last).to_contain_text("Ranks no model yet")
    await page.get_by_role("link", name="Open LLM Leaderboard v2").click()
    await expect(page).to_have_title("Open LLM Leaderboard v2 · Boards · Mergehub")
    assert query(page)["board"] == [BOARD]


async def test_an_address_of_no_board_says_so_and_leads_on(hub: RunningHub) -> None:
    async with looking() as looked:
        await looked.page.goto(f"{hub.url}/boards?board=none")
        await looked.page.get_by_role("heading", name="This hub has no such board").wait_for()
        assert await looked.violations() == []
        await looked.page.get_by_role("link", name="all boards").click()
        await looked.page.get_by_role("link", name="Overall").wait_for()


async def test_rows_are_read_as_one_scrolls_and_only_some_are_drawn(
    hub: RunningHub, page: Page
) -> None:
    await open_board(page, hub, "q=league/")
    table = page.get_by_role("table")
    assert await table.get_attribute("aria-rowcount") == str(MODELS + 1)
    assert await table.locator("tr.row").count() < 60
    region = page.get_by_role("region", name="Open LLM Leaderboard v2")
    last = table.locator(f"tr[aria-rowindex='{MODELS + 1}']")
    while not await last.count():
        await region.evaluate("each => each.scrollTo(0, each.scrollHeight)")
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    await expect(last).to_contain_text("league/other-000")
    assert await table.locator("tr.row").count() < 60


async def test_an_open_board_shows_by_itself_what_the_hub_has_learnt(
    hub: RunningHub, page: Page, league: League
) -> None:
    await page.clock.install()
    await page.goto(f"{hub.url}/boards?board={BOARD}&q=late/")
    await page.get_by_role("heading", name="No model passes these filters").wait_for()
    league.bring_in(results("late/comer", 0.1))
    await asyncio.to_thread(eventually, lambda: league.ranks("late/comer") or None)
    await page.clock.fast_forward(20_000)
    await expect(page.get_by_role("row").filter(has_text="late/comer")).to_be_visible()


async def test_a_phone_shows_the_mean_of_each_model_without_being_scrolled(
    hub: RunningHub, league: League
) -> None:
    async with looking((390, 844)) as looked:
        await open_board(looked.page, hub, "q=league/")
        mean = looked.page.get_by_role("columnheader", name="Mean")
        box = await mean.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] < 390


async def test_a_row_says_rank_merge_method_and_base_and_leads_to_its_model(
    hub: RunningHub, page: Page
) -> None:
    await open_board(page, hub, "q=league/ties")
    row = page.get_by_role("row").filter(has_text="league/ties-5")
    await expect(row).to_contain_text("merge")
    await expect(row).to_contain_text("league/base")
    await expect(row).to_contain_text("7B")
    await row.get_by_role("link", name="league/ties-5").click()
    await page.get_by_role("heading", level=1, name="league/ties-5").wait_for()
    assert urlsplit(page.url).path == "/models"


async def test_a_press_on_a_head_sorts_and_another_one_turns_it_round(
    hub: RunningHub, page: Page
) -> None:
    await open_board(page, hub, "q=league/")
    first = page.locator("tr[aria-rowindex='2']")
    await expect(first).to_contain_text("league/ties-5")
    await page.get_by_role("button", name="Model").click()
    await expect(first).to_contain_text("league/base")
    head = page.get_by_role("columnheader", name="Model")
    assert await head.get_attribute("aria-sort") == "ascending"
    await page.get_by_role("button", name="Model").click()
    await expect(first).to_contain_text("league/tune-b")
    assert query(page)["sort"] == ["-name"]
    assert await head.get_attribute("aria-sort") == "descending"


async def test_a_misspelt_base_leads_to_the_one_that_was_meant(hub: RunningHub, page: Page) -> None:
    await page.goto(f"{hub.url}/boards?board={BOARD}&base=league/bose&family=none")
    await expect(page.get_by_text("The hub knows no base “league/bose”.")).to_be_visible()
    await expect(page.get_by_text("The hub knows no family “none”.")).to_be_visible()
    await page.get_by_role("link", name="league/base").click()
    await expect(page.get_by_text("The hub knows no base")).to_have_count(0)
    assert (query(page)["base"], query(page)["family"]) == (["league/base"], ["none"])


async def test_a_misspelt_method_is_named_with_the_right_one(hub: RunningHub) -> None:
    async with looking() as looked:
        await looked.page.goto(f"{hub.url}/boards?board={BOARD}&method=tise")
        alert = looked.page.get_by_role("alert").first
        await expect(alert).to_contain_text("made by the method 'tise' (did you mean 'ties'?)")


async def test_filters_have_counts_and_are_in_the_address(hub: RunningHub, page: Page) -> None:
    await open_board(page, hub, "q=league/")
    await page.get_by_text("Filters", exact=True).click()
    methods = page.get_by_role("group", name="Method")
    await expect(methods).to_contain_text(f"ties {METHODS['ties'][0]}")
    await methods.get_by_label("ties").check()
    facts = page.get_by_role("status").filter(has_text="pass the filters")
    await expect(facts).to_contain_text(f"{METHODS['ties'][0]} models pass the filters")
    assert query(page)["method"] == ["ties"]
    await page.get_by_role("group", name="Merged").get_by_label("no merges").check()
    await page.get_by_role("heading", name="No model passes these filters").wait_for()
    await page.get_by_role("button", name="Clear filters").click()
    await expect(facts).to_contain_text(f"{MODELS} models")
    assert "method" not in query(page)


async def test_columns_are_chosen_and_the_file_has_all_rows_and_these_columns(
    hub: RunningHub, page: Page
) -> None:
    await open_board(page, hub, "q=league/")
    await page.get_by_text("Columns (").click()
    await page.get_by_role("checkbox", name="Precision").check()
    await page.get_by_role("checkbox", name="Uplift").uncheck()
    await expect(page.get_by_role("columnheader", name="Precision")).to_be_visible()
    await expect(page.get_by_role("columnheader", name="Uplift")).to_have_count(0)
    rows = list(csv.DictReader(io.StringIO(await saved(page, "Save as CSV"))))
    assert len(rows) == MODELS
    assert {row["precision"] for row in rows} == {"bfloat16"}
    assert "uplift" not in rows[0]
    assert float(rows[0]["mean"]) > float(rows[-1]["mean"])


async def test_size_against_score_is_walked_by_keyboard_and_saved_as_a_picture(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/boards?board={BOARD}&q=league/&view=size")
    plot = page.get_by_role("application")
    await plot.focus()
    await page.keyboard.press("ArrowRight")
    said = page.get_by_role("status").filter(has_text="parameters")
    await expect(said).to_contain_text("league/ties-5")
    assert await looked.violations() == []
    picture = ElementTree.fromstring(await saved(page, "Save as SVG"))
    assert picture.find(f"{SVG}title").text.startswith("Size against score")
    written = ElementTree.tostring(picture, encoding="unicode")
    assert "var(" not in written
    assert "class=" not in written
    rows = list(csv.DictReader(io.StringIO(await saved(page, "Save as CSV"))))
    assert [row["model"] for row in rows if row["front"] == "true"] == ["league/ties-5"]
    await plot.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", level=1, name="league/ties-5").wait_for()


async def test_a_board_without_results_says_how_to_bring_some_in(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/boards?board=languages")
    await page.get_by_role("heading", name="This board has no results yet").wait_for()
    assert await looked.violations() == []
    await page.get_by_role("link", name="the import page").click()
    await page.get_by_role("heading", level=1, name="Import results").wait_for()


async def test_everybody_can_use_a_board(
    hub: RunningHub, league: League, looked: Looking, page: Page
) -> None:
    await open_board(page, hub, "method=ties")
    await page.get_by_role("group", name="Method").wait_for()
    await looked.settled()
    await looked.is_for_everybody()


async def test_a_board_is_released_and_cited(
    hub: RunningHub, league: League, looked: Looking, page: Page
) -> None:
    await sign_in(page, hub)
    await page.goto(f"{hub.url}/boards?board={BOARD}")
    await page.get_by_role("button", name="Releases").click()
    await page.get_by_role("button", name="Release the board as it is now").click()
    release = page.get_by_role("region", name="Release 1")
    await expect(release.get_by_role("group", name="Citation")).to_contain_text("release 1")
    await expect(release.get_by_role("group", name="BibTeX")).to_contain_text("@misc{")
    await expect(release.get_by_role("group", name="Digest")).to_contain_text("sha256:")
    assert query(page)["view"] == ["cite"]
    assert await looked.violations() == []


async def test_somebody_who_is_known_makes_a_board_of_their_own(
    hub: RunningHub, league: League, looked: Looking, page: Page
) -> None:
    await page.goto(f"{hub.url}/boards")
    await page.get_by_role("link", name="Overall").wait_for()
    await expect(page.get_by_text("Make a board of your own")).to_have_count(0)
    await sign_in(page, hub)
    await page.goto(f"{hub.url}/boards")
    await page.get_by_text("Make a board of your own").click()
    await page.get_by_label("Title").fill("Maths, and a little of the rest")
    await page.get_by_label("What it is for").fill("Choosing a tutor.")
    await page.get_by_role("checkbox", name="math", exact=True).check()
    await page.get_by_role("spinbutton", name="Weight of math", exact=True).fill("3")
    await page.get_by_role("checkbox", name="bbh").check()
    assert await looked.violations() == []
    await page.get_by_role("button", name="Make the board").click()
    await page.get_by_role("heading", level=1, name="Maths, and a little of the rest").wait_for()
    assert query(page)["board"][0].endswith("maths-and-a-little-of-the-rest")
    await expect(page.get_by_role("columnheader", name="BIG-Bench Hard")).to_be_visible()


async def sign_in(page: Page, hub: RunningHub) -> None:
    """Let the pages use the owner's token, as the form for one does."""
    await page.goto(hub.url)
    await page.evaluate("token => sessionStorage.setItem('mergehub-token', token)", hub.token)
