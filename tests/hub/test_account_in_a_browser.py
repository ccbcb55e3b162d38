"""The page of an account in a real browser: tokens, webhooks, organisations, stars, audit."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from looking import Looking, looking
from openid import CLIENT_ID, CLIENT_SECRET, provider
from playwright.async_api import Locator, Page, expect
from receiver import Answer, Receiver, answers, receiving
from running import RunningHub, started_hub
from tapped import free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\n"
STORED = "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"
TABS = ("profile", "tokens", "webhooks", "organisations", "stars", "audit")


@pytest.fixture
async def looked() -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert looked.complaints == []


@pytest.fixture
def page(looked: Looking) -> Page:
    return looked.page


def client(hub: RunningHub, token: str | None = None) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token or hub.token}"}
    return httpx.Client(base_url=hub.url, headers=headers, timeout=20, trust_env=False)


def me(hub: RunningHub, token: str) -> httpx.Response:
    """What the hub says of the holder of a token."""
    with client(hub, token) as http:
        return http.get("/v1/accounts/me")


async def enter(page: Page, hub: RunningHub, show: str, token: str | None = None) -> None:
    """Sign in with a token on a tab of the account's page."""
    await page.goto(f"{hub.url}/account?show={show}")
    await page.get_by_label("A token of this hub").fill(token or hub.token)
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("navigation", name="Account").wait_for()


async def shown_once(page: Page, what: str) -> str:
    """The secret that the page shows; afterwards it is nowhere in the page nor in the browser."""
    shown = page.get_by_role("region", name=f"The {what}")
    secret = await shown.get_by_role("group").locator("code").inner_text()
    assert secret not in page.url
    assert secret not in await page.evaluate(STORED)
    await shown.get_by_role("button", name="I have copied it").click()
    await expect(shown).to_have_count(0)
    assert secret not in await page.content()
    return secret


async def confirm(page: Page, opener: str, sure: str, *, first_cancel: bool = False) -> None:
    """Press a button that asks first, and agree."""
    button = page.get_by_role("button", name=opener, exact=True)
    dialog = page.get_by_role("dialog")
    if first_cancel:
        await button.click()
        await dialog.press("Escape")
        await expect(dialog).to_have_count(0)
    await button.click()
    await dialog.get_by_role("button", name=sure, exact=True).click()
    await expect(dialog).to_have_count(0)


async def faulty(field: Locator, said: str) -> None:
    """What is wrong with a field is said beside it, and a screen reader reads it with the field."""
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(re.compile(re.escape(said)))


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


async def sign_in(looked: Looking, login: str) -> None:
    """Sign in at the provider, from the page where one is."""
    page = looked.page
    await page.get_by_role("main").get_by_role("link", name="Sign in").click()
    await page.locator("input[name=login]").fill(login)
    await page.locator("input[name=password]").fill("any")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()  # the person consents
    await expect(page.get_by_title("Your account")).to_have_text(login)
    looked.complaints.clear()  # of the provider's pages


async def test_people_sign_in_and_manage_an_organisation(
    store_folder: Path, models: Path, tmp_path: Path
) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    with provider(tmp_path / "provider", f"{origin}/v1/accounts/callback") as issuer:
        settings = {
            "MERGEHUB_PUBLIC_URL": origin,
            "MERGEHUB_OIDC_ISSUER": issuer,
            "MERGEHUB_OIDC_CLIENT_ID": CLIENT_ID,
            "MERGEHUB_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        with started_hub(store_folder / "people", models, workers=0, port=port, **settings):
            async with looking() as bobs, looking() as anns:
                await bobs.page.goto(f"{origin}/account")
                await sign_in(bobs, "bob")
                await anns.page.goto(f"{origin}/account?show=organisations")
                await sign_in(anns, "ann")
                assert anns.page.url == f"{origin}/account?show=organisations"
                await manage(anns, origin)
                await see_no_runs(anns, origin)
                await belong(bobs.page, origin)
                assert bobs.complaints == []
                await end(anns, origin)


async def see_no_runs(looked: Looking, origin: str) -> None:
    """A hub without runs says what to do first."""
    page = looked.page
    await page.goto(f"{origin}/runs")
    await page.get_by_role("heading", name="No runs yet").wait_for()
    assert await looked.violations() == []
    recipes = page.get_by_role("main").get_by_role("link", name="Choose a recipe")
    await expect(recipes).to_have_attribute("href", "/recipes")
    await page.get_by_role("button", name="begin with the form").click()
    await page.get_by_role("region", name="New run").wait_for()
    await page.goto(f"{origin}/account?show=organisations")


async def manage(looked: Looking, origin: str) -> None:
    """Create an organisation and give it members, with the mistakes that one makes."""
    page = looked.page
    await page.get_by_text("Create an organisation").click()
    await page.get_by_role("textbox", name="Handle").fill("bob")
    await page.get_by_role("button", name="Create it").click()
    await faulty(page.get_by_role("textbox", name="Handle"), "'bob' is taken")
    await page.get_by_role("textbox", name="Handle").fill("lab")
    await page.get_by_role("textbox", name="Name for people").fill("The lab")
    await page.get_by_role("button", name="Create it").click()
    await page.get_by_text("You are an owner.").wait_for()
    assert page.url == f"{origin}/account?show=organisations&organisation=lab"
    await page.get_by_text("Add a member").click()
    person = page.get_by_role("textbox", name="Handle of the person")
    await person.fill("nobody")
    await page.get_by_role("button", name="Add", exact=True).click()
    await faulty(person, "There is no person nobody.")
    await person.fill("bob")
    await page.get_by_role("combobox", name="Role", exact=True).select_option("reader")
    await page.get_by_role("button", name="Add", exact=True).click()
    role = page.get_by_role("combobox", name="Role of bob")
    await expect(role).to_have_value("reader")
    await role.select_option("writer")
    await expect(page.get_by_role("row").filter(has_text="bob")).to_be_visible()
    await page.get_by_role("button", name="Leave lab").click()
    await page.get_by_role("button", name="Leave it").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("lab would have no owner.")
    assert await looked.violations() == []
    await dialog.get_by_role("button", name="Cancel").click()
    own_role = page.get_by_role("combobox", name="Role of ann")
    await own_role.select_option("reader")
    await expect(page.get_by_role("alert").filter(has_text="no owner")).to_be_visible()
    await expect(own_role).to_have_value("owner")
    quotas = page.get_by_role("region", name="Quotas").first
    await expect(quotas).to_contain_text("1,000")
    await page.reload()
    await expect(role).to_have_value("writer")
    assert await looked.violations() == []
    looked.complaints.clear()  # the browser says that the hub refused some of it


async def belong(page: Page, origin: str) -> None:
    """See an organisation that one is a writer of, and leave it."""
    await page.goto(f"{origin}/account?show=organisations")
    await page.get_by_role("link", name="lab").click()
    await page.get_by_text("You are a writer.").wait_for()
    await expect(page.get_by_role("combobox", name="Role of ann")).to_have_count(0)
    await confirm(page, "Leave lab", "Leave it", first_cancel=True)
    await page.get_by_role("heading", name="You belong to no organisation").wait_for()


async def end(looked: Looking, origin: str) -> None:
    """Rename oneself, make a token that outlasts the session, and end the session."""
    page = looked.page
    await page.goto(f"{origin}/account")
    await page.get_by_role("textbox", name="Name for people").fill("Ann of the tests")
    await page.get_by_role("button", name="Save", exact=True).click()
    await page.get_by_role("heading", name="Ann of the tests").wait_for()
    await page.get_by_role("link", name="Tokens", exact=True).click()
    await page.get_by_text("Make a token").click()
    await expect(page.get_by_role("checkbox", name="admin")).to_have_count(0)
    await page.get_by_role("textbox", name="Name").fill("ci")
    await page.get_by_role("checkbox", name="runs:submit").check()
    await page.get_by_role("combobox", name="It expires").select_option("never")
    await page.get_by_role("button", name="Make the token").click()
    await shown_once(page, "token ci")
    made = page.get_by_role("heading", name="ci", exact=True)
    await expect(page.get_by_role("listitem").filter(has=made)).to_contain_text("never")
    await confirm(page, "End this session", "End it")
    await page.get_by_role("heading", name="You are not signed in").wait_for()
    await expect(page.get_by_title("Your account")).to_have_count(0)
    assert page.url == f"{origin}/account?show=tokens"
    assert await looked.violations() == []
    looked.complaints.clear()  # the browser says that the hub no longer knows the session
