"""Publishing in a real browser: the check while one types, drafts, forks, versions, files."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from looking import Looking, looking
from playwright.async_api import Dialog, Page, expect
from running import RunningHub

if TYPE_CHECKING:
    from playwright.async_api import FilePayload, Locator

pytestmark = pytest.mark.browser

PHONE = (390, 844)
RECIPE = """\
merge_method: ties
base_model: base
models:
  - model: left
    parameters: {weight: 0.5, density: 0.5}
  - model: right
    parameters: {weight: 0.5, density: 0.5}
"""
REFUSED = re.compile(r"responded with a status of 4(09|22)")  # as the browser notes each refusal


@pytest.fixture
async def looked(hub: RunningHub) -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert [each for each in looked.complaints if not REFUSED.search(each)] == []
        assert looked.hosts == {urlsplit(hub.url).netloc}


@pytest.fixture
async def page(hub: RunningHub, looked: Looking) -> Page:
    """A page of somebody whom the hub knows."""
    await looked.page.add_init_script(f"sessionStorage.setItem('mergehub-token', '{hub.token}')")
    return looked.page


def file(text: str, name: str = "file.yml") -> FilePayload:
    return {"name": name, "mimeType": "application/yaml", "buffer": text.encode()}


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Recipe")


async def choose(page: Page, text: str, name: str = "file.yml") -> None:
    await page.get_by_label("Or drop a YAML file here").set_input_files([file(text, name)])


async def test_a_recipe_is_checked_while_it_is_typed_and_each_fault_is_fixed_at_its_line(
    hub: RunningHub, looked: Looking
) -> None:
    page = looked.page
    await page.goto(f"{hub.url}/publish")
    await editor(page).press_sequentially("merge_method: linaer")
    beside = page.locator(".cm-said-fault")
    await expect(beside.filter(has_text="did you mean 'linear'?")).to_have_count(1)
    check = page.get_by_role("region", name="Check")
    await expect(check.get_by_role("status")).to_contain_text("cannot be published yet")
    assert await looked.violations() == []
    await check.get_by_role("button", name="line 1, /merge_method").click()
    await expect(editor(page)).to_be_focused()
    await check.get_by_role("button", name="Write linear").click()
    await expect(editor(page)).to_contain_text("merge_method: linear")
    await expect(beside.filter(has_text="did you mean")).to_have_count(0)

    await choose(
        page, RECIPE.replace("base_model: base\n", "base_model: base\nout_dtpye: bfloat16\n")
    )
    await check.get_by_role("button", name=re.compile("^Write out_dtype")).click()
    await expect(check.get_by_role("status")).to_contain_text("It can be published")
    made = page.get_by_role("region", name="What it makes")
    await expect(made).to_contain_text("ties")
    await expect(made.get_by_role("listitem")).to_contain_text(["base", "left", "right"])
    assert await looked.violations() == []

    # who has no account keeps what was typed while the hub learns who it is
    await page.get_by_label("A token of this hub").fill(hub.token)
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_label("Name", exact=True).wait_for()
    await expect(editor(page)).to_contain_text("out_dtype: bfloat16")


async def test_a_recipe_is_published_with_what_is_said_of_it(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    with hub.client() as client:
        client.publish(RECIPE, "browser-taken", tags=["small"], domains=["math"])
    await page.goto(f"{hub.url}/publish")
    await choose(page, RECIPE, "Browser Soup.yml")
    name = page.get_by_label("Name", exact=True)
    await expect(name).to_have_value("browser-soup")
    await page.get_by_text("It is free.").wait_for()
    await name.fill("Not A Name")
    await page.get_by_text("such as not-a-name.").wait_for()
    await name.fill("browser-taken")
    await page.get_by_text("has a recipe of this name").wait_for()
    await name.fill("browser-soup")
    await page.get_by_label("Title").fill("A soup of two")
    await page.get_by_label("Description").fill("Two *tunes*.")
    await (
        page.get_by_role("group", name="Tags of this hub")
        .get_by_role("button", name="small")
        .click()
    )
    await page.get_by_label("Domains", exact=True).fill("math, code")
    await page.get_by_role("radio", name="unlisted").check()
    await page.get_by_label("Licence").fill("no-such-licence")
    await expect(page.get_by_label("Licence")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Tags", exact=True).fill("small, Not A Tag")
    await expect(page.get_by_role("region", name="Check")).to_contain_text("It can be published")
    twins = page.get_by_role("list", name="Twins")
    twin = twins.get_by_role("link", name="local/browser-taken, version 1")
    await expect(twin).to_have_attribute("href", "/recipes/local/browser-taken?version=1")

    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", stay)
    await page.reload()
    assert asked == ["beforeunload"]
    await page.get_by_text("What you had typed here was kept.").wait_for()
    await expect(page.get_by_label("Title")).to_have_value("A soup of two")

    await page.get_by_label("Licence").fill("apache-2.0")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_label("Tags", exact=True)).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_role("alert").filter(has_text="Look again at Tags.")).to_be_visible()
    assert await looked.violations() == []
    await page.get_by_label("Tags", exact=True).fill("small")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await page.wait_for_url(f"{hub.url}/recipes/local/browser-soup")
    with hub.client() as client:
        made = client.recipe("local/browser-soup")
    said = {"title", "description", "tags", "domains", "visibility", "licence"}
    assert {field: made[field] for field in said} == {
        "title": "A soup of two",
        "description": "Two *tunes*.",
        "tags": ["small"],
        "domains": ["maths", "code"],
        "visibility": "unlisted",
        "licence": "apache-2.0",
    }
    await page.goto(f"{hub.url}/publish")
    await editor(page).wait_for()
    await expect(page.get_by_text("What you had typed here was kept.")).to_have_count(0)


async def test_a_fork_keeps_its_origin_and_a_version_that_means_the_same_is_none(
    hub: RunningHub, page: Page
) -> None:
    with hub.client() as client:
        origin = client.publish(RECIPE, "browser-origin", licence="mit")
    await page.goto(f"{hub.url}/publish?fork=local/browser-origin")
    await page.get_by_role("heading", name="Fork local/browser-origin").wait_for()
    await expect(editor(page)).to_contain_text("base_model: base")
    await expect(page.get_by_label("Licence")).to_have_value("mit")
    await choose(page, RECIPE.replace("0.5", "0.25", 1))
    await page.get_by_label("Name", exact=True).fill("browser-fork")
    await page.get_by_role("button", name="Publish the fork").click()
    await page.wait_for_url(f"{hub.url}/recipes/local/browser-fork")
    with hub.client() as client:
        fork = client.recipe("local/browser-fork")
    assert fork["forked_from"]["recipe"] == str(origin["id"])
    assert fork["version"]["number"] == 2

    await page.goto(f"{hub.url}/publish?version-of=local/browser-fork")
    publish = page.get_by_role("button", name="Publish the version")
    await page.get_by_text("It means the same as version 2").wait_for()
    await expect(page.get_by_text("local/browser-fork, version")).to_have_count(0)
    await expect(publish).to_be_disabled()
    await choose(page, RECIPE.replace("0.5", "0.75", 1))
    await page.get_by_text("It means something else than version 2").wait_for()
    await publish.click()
    await page.wait_for_url(f"{hub.url}/recipes/local/browser-fork")
    with hub.client() as client:
        assert client.recipe("local/browser-fork")["version"]["number"] == 3


async def test_a_file_of_several_recipes_is_tried_before_it_is_published(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/publish")
    several = f"name: one\n{RECIPE}---\n{RECIPE.replace('0.5', '0.3')}---\nmerge_method: linaer\n"
    await choose(page, several, "many.yml")
    report = page.get_by_role("region", name="Report")
    await expect(report.get_by_role("row")).to_have_count(4)
    await expect(report).to_contain_text("did you mean 'linear'?")
    assert await looked.violations() == []
    await page.get_by_role("button", name="Publish 2 recipes").click()
    await report.get_by_role("link", name="many-one").wait_for()
    with hub.client() as client:
        assert client.recipe("local/many-2")["version"]["number"] == 1
    await looked.settled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_the_editor_and_its_faults_within_its_width(
    hub: RunningHub, scheme: str
) -> None:
    async with looking(PHONE, color_scheme=scheme) as looked:
        page = looked.page
        await page.goto(f"{hub.url}/publish")
        await choose(page, RECIPE.replace("ties", "tise"))
        await page.locator(".cm-said-fault").first.wait_for()
        assert await looked.violations() == []
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE[0]
