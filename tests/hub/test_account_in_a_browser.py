"""The page of an account in a real browser: tokens, webhooks, organisations, stars, audit."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from account_page import STORED, client, confirm, enter, faulty, me, shown_once
from looking import Looking, looking
from playwright.async_api import Page, expect
from receiver import Answer, Receiver, answers, receiving
from running import RunningHub

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\n"
TABS = ("profile", "tokens", "webhooks", "organisations", "stars", "audit")


@pytest.fixture
async def looked() -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert looked.complaints == []


@pytest.fixture
def page(looked: Looking) -> Page:
    return looked.page


async def test_a_token_is_made_with_scopes_in_words_shown_once_used_and_revoked(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    await page.goto(f"{hub.url}/account?show=tokens")
    await page.get_by_role("heading", name="You are not signed in").wait_for()
    assert await looked.violations() == []
    await page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    dialog = page.get_by_role("dialog", name="Sign in with a token")
    assert await looked.violations() == []
    await dialog.get_by_label("A token of this hub").fill(hub.token)
    await dialog.get_by_role("button", name="Go on").click()
    await expect(page.get_by_title("Your account")).to_have_text("local")
    await expect(page).to_have_title("Tokens · Account · Mergehub")
    assert page.url == f"{hub.url}/account?show=tokens"

    await page.get_by_text("Make a token").click()
    name = page.get_by_role("textbox", name="Name")
    await name.fill("two words")
    await page.get_by_role("button", name="Make the token").click()
    await faulty(name, "must be a name such as laptop")
    await expect(page.get_by_role("group", name="What it may do")).to_contain_text("at least 1")
    await name.fill("owner")
    scope = page.get_by_role("checkbox", name="recipes:write Publish recipes")
    await scope.check()
    await page.get_by_role("button", name="Make the token").click()
    await faulty(name, "'owner' is taken")
    looked.complaints.clear()  # the browser says that the hub refused it
    assert await looked.violations() == []
    await name.fill("of-the-browser")
    await page.get_by_role("combobox", name="It expires").select_option("in a week")
    await page.get_by_role("button", name="Make the token").click()
    token = await shown_once(page, "token of-the-browser")

    assert me(hub, token).json()["scopes"] == ["recipes:write"]
    entry = page.get_by_role("listitem").filter(has_text="of-the-browser")
    await expect(entry).to_contain_text("recipes:write")
    await expect(entry).to_contain_text("by owner")
    await expect(page.get_by_role("listitem").filter(has_text="a setting")).not_to_have_count(0)
    await confirm(page, "Revoke of-the-browser", "Revoke it", first_cancel=True)
    await expect(entry).to_have_count(0)
    assert me(hub, token).status_code == 401


async def test_a_token_that_may_little_says_what_it_lacks_and_its_end_signs_out(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    with client(hub) as http:
        wanted = {"name": "small", "scopes": ["recipes:write"]}
        small = http.post("/v1/tokens", json=wanted).json()["token"]
    await enter(page, hub, "webhooks", small)
    await page.get_by_text("You need the scope webhooks:manage to manage webhooks.").wait_for()
    await expect(page.get_by_role("link", name="Audit trail")).to_have_count(0)
    assert await looked.violations() == []
    await page.get_by_role("link", name="Tokens", exact=True).click()
    await confirm(page, "Revoke small", "Revoke it")
    await expect(page.get_by_role("alert")).to_contain_text("The hub does not take this token")
    await expect(page.get_by_title("Your account")).to_have_count(0)
    assert small not in await page.evaluate(STORED)
    looked.complaints.clear()  # the browser says that the hub refused the token


async def made_webhook(page: Page, receiver: Receiver) -> str:
    """Make a webhook for a receiver, after a mistake; return its secret."""
    await page.get_by_text("Make a webhook").click()
    url = page.get_by_role("textbox", name="URL")
    await url.fill("http://10.0.0.1/hook")
    await page.get_by_role("checkbox", name="run.failed").check()
    await page.get_by_role("button", name="Make the webhook").click()
    await faulty(url, "10.0.0.1")
    await url.fill(receiver.url)
    await page.get_by_role("button", name="Make the webhook").click()
    await page.get_by_role("heading", name=receiver.url).wait_for()
    return await shown_once(page, "secret of this webhook")


async def edited(page: Page, receiver: Receiver) -> None:
    """Edit the webhook that is shown, after a mistake."""
    await page.get_by_text("Edit", exact=True).click()
    url = page.get_by_role("textbox", name="URL")
    await expect(url).to_have_value(receiver.url)
    await expect(page.get_by_role("checkbox", name="run.failed")).to_be_checked()
    await url.fill("http://10.0.0.1/hook")
    save = page.get_by_role("button", name="Save the webhook")
    await save.click()
    await faulty(url, "10.0.0.1")
    await expect(page.get_by_role("alert").filter(has_text="Look again at URL.")).to_be_visible()
    await url.fill(f"{receiver.url}edited")
    await page.get_by_label("What it is for").fill("Nightly")
    await page.get_by_role("checkbox", name="run.failed").uncheck()
    await page.get_by_role("checkbox", name="run.succeeded").check()
    await save.click()
    await page.get_by_role("heading", name=f"{receiver.url}edited").wait_for()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    facts = page.get_by_role("main")
    await expect(facts).to_contain_text("Nightly")
    await expect(facts.locator("dd").filter(has_text="run.succeeded")).to_have_text("run.succeeded")


async def test_a_webhook_is_made_tested_edited_replayed_rotated_disabled_and_deleted(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    async with receiving() as receiver:
        receiver.respond = answers(Answer(500, body=b"out of paper"))
        await enter(page, hub, "webhooks")
        secret = await made_webhook(page, receiver)
        looked.complaints.clear()  # the browser says that the hub refused the first URL
        await page.get_by_text("Nothing was sent yet").wait_for()

        await page.get_by_role("button", name="Send a test").click()
        delivery = page.get_by_role("region", name=re.compile(r"Delivery \d+"))
        await expect(delivery).to_contain_text("webhook.test: waiting")
        await expect(delivery).to_contain_text("out of paper")
        await expect(page.get_by_text("It has accepted nothing since")).to_be_visible()
        assert await looked.violations() == []
        receiver.respond = answers(200)
        await delivery.get_by_role("button", name="Send it again").click()
        await expect(delivery).to_contain_text("webhook.test: delivered")
        await expect(delivery.get_by_role("listitem").nth(1)).to_be_visible()  # hub may try too
        await expect(page.get_by_text("Nothing that was sent to it fails.")).to_be_visible()
        assert receiver.received[-1].verified(secret)["type"] == "webhook.test"
        row = page.get_by_role("row").filter(has_text="webhook.test")
        await expect(row).to_contain_text("Delivered")

        await page.get_by_text("Replay a time range").click()
        await page.get_by_label("From", exact=True).fill("2026-01-01T00:00")
        await page.get_by_role("combobox", name="Which events").select_option("all")
        arrived = len(receiver.received)
        receiver.arrived.clear()
        await page.get_by_role("button", name="Replay", exact=True).click()
        await page.get_by_text(re.compile(r"\d+ deliver(y|ies) sent again")).wait_for()
        await receiver.arrived.wait()
        assert len(receiver.received) > arrived
        await page.get_by_role("button", name="Failed", exact=True).click()
        await page.get_by_text("No delivery is like that.").wait_for()
        assert "deliveries=failed" in page.url

        await edited(page, receiver)
        looked.complaints.clear()  # the browser says that the hub refused the other URL
        assert await looked.violations() == []

        await confirm(page, "Rotate the secret", "Rotate it", first_cancel=True)
        assert await shown_once(page, "secret of this webhook") != secret
        await page.get_by_text("The previous secret signs as well until").wait_for()
        await page.get_by_role("button", name="Rotate the secret").click()
        dialog = page.get_by_role("dialog")
        scheme = dialog.get_by_role("combobox", name="It is signed with")
        await scheme.select_option("v1a")
        await dialog.get_by_role("button", name="Rotate it").click()
        await expect(page.get_by_label("Public key, which verifies")).to_contain_text("whpk_")
        await confirm(page, "Disable", "Disable it")
        await page.get_by_text("Disabled by hand on").wait_for()
        await expect(page.get_by_role("button", name="Send a test")).to_be_disabled()
        await page.get_by_role("button", name="Enable", exact=True).click()
        await expect(page.get_by_role("button", name="Send a test")).to_be_enabled()
        await confirm(page, "Delete", "Delete it")
        await page.get_by_text("Make a webhook").wait_for()
        assert page.url == f"{hub.url}/account?show=webhooks"
        await expect(page.get_by_role("link", name=receiver.url)).to_have_count(0)


@pytest.fixture
def starred(hub: RunningHub) -> Iterator[dict[str, Any]]:
    """A recipe that the hub's owner has starred, as long as a test lasts."""
    with client(hub) as http:
        wanted = {"name": "starred-in-a-browser", "recipe": RECIPE}
        recipe = http.post("/v1/recipes", json=wanted).json()
        assert http.put(f"/v1/recipes/{recipe['id']}/star").is_success
        yield recipe
        assert http.delete(f"/v1/recipes/{recipe['id']}").is_success


async def test_every_tab_is_accessible_on_a_phone_in_light_and_dark(
    hub: RunningHub, starred: dict[str, Any]
) -> None:
    async with looking((390, 844)) as looked:
        page = looked.page
        await enter(page, hub, "profile")
        for tab in TABS:
            await page.goto(f"{hub.url}/account?show={tab}")
            await page.get_by_role("navigation", name="Account").wait_for()
            await looked.settled()
            for fold in await page.locator("details > summary").all():
                await fold.click()
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                assert await looked.violations() == [], (tab, scheme)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390, tab
        assert looked.complaints == []


async def test_stars_lead_to_recipes_and_the_audit_trail_says_who_changed_what(
    hub: RunningHub, starred: dict[str, Any], page: Page
) -> None:
    await enter(page, hub, "stars")
    link = page.get_by_role("link", name="local/starred-in-a-browser")
    await expect(link).to_have_attribute("href", "/recipes/local/starred-in-a-browser")
    own = page.get_by_role("link", name="Your own recipes")
    await expect(own).to_have_attribute("href", "/recipes?q=owner%3Alocal")
    await page.get_by_role("link", name="Audit trail").click()
    await page.get_by_role("textbox", name="Action").fill("recipe.published")
    await page.get_by_role("textbox", name="Of what").fill(f"recipes/{starred['id']}")
    await page.get_by_role("textbox", name="Of what").press("Enter")
    rows = page.get_by_role("table", name="Audit trail").get_by_role("row")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(1)).to_contain_text("local")
    assert "action=recipe.published" in page.url
