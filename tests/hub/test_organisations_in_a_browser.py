"""People who sign in and manage an organisation, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from account_page import confirm, faulty, shown_once
from looking import Looking, looking
from openid import CLIENT_ID, CLIENT_SECRET, provider
from playwright.async_api import Page, expect
from running import started_hub
from tapped import free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


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
