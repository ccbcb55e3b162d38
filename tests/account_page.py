"""The page of an account, as tests use it in a browser."""

from __future__ import annotations

import re

import httpx
from playwright.async_api import Locator, Page, expect
from running import RunningHub

STORED = "JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])"


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
