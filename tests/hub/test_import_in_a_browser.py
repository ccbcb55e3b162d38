"""Files of results that are dropped on a page, and what to merge, in a real browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from atlas import query
from league import BOARD, League
from looking import Looking, looking
from playwright.async_api import Page, expect
from running import RunningHub

pytestmark = pytest.mark.browser

TABLE = """\
model,precision,IFEval,BBH
dropped/one,bfloat16,0.61,0.5
dropped/two,bfloat16,0.42,0.4
dropped/three,bfloat16,nonsense,0.3
"""

CARD = """\
---
model-index:
- name: card
  results:
  - task: {type: text-generation}
    dataset: {name: GSM8K, type: gsm8k}
    metrics: [{type: acc, value: 61.5}]
---
"""


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


async def test_a_file_is_tried_its_mapping_changed_and_only_then_taken_in(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/import")
    await page.get_by_label("A token of this hub").fill(hub.token)
    await page.get_by_role("button", name="Go on").click()
    table = {"name": "table.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    await page.get_by_label("Drop a file here").set_input_files([table])
    await page.get_by_role("heading", name="What would happen").wait_for()
    report = page.get_by_role("region", name="Report")
    refused = page.get_by_role("region", name="Refused rows")
    await expect(refused).to_contain_text("dropped/three")
    assert await looked.violations() == []
    await page.get_by_text("What the columns were taken for").click()
    mapping = page.get_by_role("textbox", name="Mapping")
    await expect(mapping).to_have_value(re.compile('"benchmark": "ifeval"'))
    text = await mapping.input_value()
    await mapping.fill(text.replace('"model"', '"no such field"', 1))
    await page.get_by_role("button", name="Try again").first.click()
    await expect(page.get_by_role("alert")).to_contain_text("The mapping is not right.")
    looked.complaints.clear()  # the browser says that the hub refused it
    await mapping.fill(text)
    await page.get_by_role("button", name="Try again").first.click()
    await page.get_by_role("button", name="Import 5 results").click()
    await page.get_by_role("heading", name="What happened").wait_for()
    await expect(report).to_contain_text("New 5")
    with hub.client() as client:
        found = client.get("/v1/results", model="dropped/two")["items"]
    assert {each["benchmark"]: each["score"]["value"] for each in found} == {
        "ifeval": 0.42,
        "bbh": 0.4,
    }


async def test_a_token_that_the_hub_does_not_take_is_said_to_be_so_once(hub: RunningHub) -> None:
    async with looking() as looked:
        page = looked.page
        await page.goto(f"{hub.url}/import")
        await page.get_by_label("A token of this hub").fill("mgh_wrong")
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not take this token")
        assert await looked.violations() == []
        await page.reload()
        await page.get_by_label("A token of this hub").wait_for()
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_file_that_names_no_model_is_taken_in_under_the_name_that_is_given(
    hub: RunningHub, page: Page
) -> None:
    await page.goto(f"{hub.url}/import")
    await page.get_by_label("A token of this hub").fill(hub.token)
    await page.get_by_role("button", name="Go on").click()
    card = {"name": "README.md", "mimeType": "text/markdown", "buffer": CARD.encode()}
    await page.get_by_label("Drop a file here").set_input_files([card])
    await expect(page.get_by_role("region", name="Refused rows")).to_contain_text("give its name")
    await page.get_by_label("Model, if the file names none").fill("dropped/card")
    await page.get_by_role("button", name="Try again").click()
    await page.get_by_role("button", name="Import 1 result").wait_for()


async def test_what_to_merge_on_a_base_is_recommended_with_its_evidence(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/recommend?board={BOARD}")
    await page.get_by_role("heading", name="On which base?").wait_for()
    search = page.get_by_role("combobox", name="Base model")
    await search.press_sequentially("league/base")
    await page.get_by_role("option", name="league/base").click()
    await page.get_by_role("heading", name="On league/base").wait_for()
    await page.get_by_label("Domain").select_option("maths")
    assert query(page) == {"board": [BOARD], "base": ["league/base"], "domain": ["maths"]}
    await page.get_by_text("evidence").first.wait_for()
    await looked.settled()
    assert await looked.violations() == []
