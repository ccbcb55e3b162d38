"""Signing in on the pages, in a real browser and at a real OpenID provider."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import looking
from openid import CLIENT_ID, CLIENT_SECRET, provider
from playwright.async_api import expect
from running import started_hub
from tapped import free_port

pytestmark = pytest.mark.browser


@pytest.mark.timeout(240)
async def test_a_person_signs_in_comes_back_to_the_page_and_signs_out(
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
            "MERGEHUB_REQUIRE_TOKEN": "true",
        }
        data = store_folder / "signed-in"
        with started_hub(data, models, workers=0, port=port, **settings):
            async with looking() as looked:
                page = looked.page
                await page.goto(f"{origin}/map?view=list&colour=family")
                await page.get_by_role("heading", name="This hub shows its models only").wait_for()
                assert await looked.violations() == []
                assert looked.hosts == {f"localhost:{port}"}
                await page.get_by_role("link", name="Sign in").first.click()
                await page.locator("input[name=login]").fill("ann")
                await page.locator("input[name=password]").fill("any")
                await page.get_by_role("button", name="Sign-in").click()
                await page.get_by_role("button", name="Continue").click()  # the person consents
                await page.get_by_text("This hub knows no models yet").wait_for()
                assert page.url == f"{origin}/map?view=list&colour=family"
                account = page.get_by_title("Your account")
                await expect(account).to_have_text("ann")
                assert await looked.violations() == []
                await page.get_by_role("button", name="Sign out").click()
                await page.get_by_role("heading", name="This hub shows its models only").wait_for()
                await expect(account).to_have_count(0)
