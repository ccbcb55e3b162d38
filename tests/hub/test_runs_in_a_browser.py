"""Runs in a real browser: the list, the form of a new one, and a run that is followed live."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from looking import Looking, looking
from playwright.async_api import Page, expect
from running import RunningHub

from mergehub.contracts.runs import HEARTBEAT_SECONDS

pytestmark = pytest.mark.browser

PHONE = (390, 844)
RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\n"
REFUSED = re.compile(r"responded with a status of 4(09|22)")
ENDS_MS = 60_000
PAGE = 50  # runs that the list shows at first


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


@pytest.fixture
def worker(hub: RunningHub) -> Iterator[httpx.Client]:
    """A worker of GPUs, for as long as the test speaks for it."""
    owner = {"Authorization": f"Bearer {hub.token}"}
    token = httpx.post(
        f"{hub.url}/v1/tokens", json={"name": "browser", "scopes": ["worker"]}, headers=owner
    )
    headers = {"Authorization": f"Bearer {token.raise_for_status().json()['token']}"}
    with httpx.Client(base_url=hub.url, headers=headers, timeout=30) as http:
        yield http


def sent(http: httpx.Client, run: str, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = (
        http.post(f"/v1/runs/{run}/{what}", json=body).raise_for_status().json()
    )
    return answer


@asynccontextmanager
async def held(http: httpx.Client, run: str, fence: int) -> AsyncIterator[None]:
    """Keep a run's lease, however slowly the browser works."""

    async def beat() -> None:
        while True:
            sent(http, run, "heartbeat", {"fence": fence})
            await asyncio.sleep(HEARTBEAT_SECONDS / 2)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


def progress(done: int, seconds: float) -> dict[str, Any]:
    size = 1_000_000
    return {
        "stage": "merge", "done": done, "total": 10, "unit": "tensors",
        "bytes_done": done * size, "bytes_total": 10 * size, "seconds": seconds,
    }  # fmt: skip


async def test_a_recipe_is_run_and_its_model_read_verified_and_evaluated(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    with hub.client() as client:
        version = client.publish(RECIPE, "browser-run")["version"]
    await page.goto(f"{hub.url}/runs?recipe={version['id']}")
    form = page.get_by_role("region", name="New run")
    await expect(form.get_by_label("Recipe")).to_have_value("local/browser-run@1")
    await form.get_by_label("Name of the model").fill("no good name")
    await form.get_by_role("button", name="Run", exact=True).click()
    await expect(form.get_by_label("Name of the model")).to_have_attribute("aria-invalid", "true")
    await expect(form).to_contain_text("must be a name such as soup")
    assert await looked.violations() == []
    await form.get_by_label("Name of the model").fill("browsed")
    await expect(form.get_by_label("Command that submits the run")).to_contain_text(
        "mergehub submit local/browser-run@1 --name browsed"
    )
    await form.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_role("heading", level=1, name="browsed").wait_for()
    model = page.get_by_role("region", name="Model")
    await model.wait_for(timeout=ENDS_MS)
    await expect(page).to_have_title("browsed succeeded · Run · Mergehub")
    await expect(page.get_by_role("region", name="Log")).to_contain_text("Succeeded")
    recipe = page.get_by_role("region", name="Recipe").get_by_role("link", name="local/browser-run")
    await expect(recipe).to_have_attribute("href", "/recipes/local/browser-run")
    await model.get_by_text("What it read (lock)").click()
    await expect(model.get_by_role("region", name="Ingredients")).to_contain_text("left")
    await model.get_by_text("Tensors (").click()
    await expect(model.get_by_role("region", name="Tensors")).to_contain_text("embed_tokens")
    assert await looked.violations() == []

    await model.get_by_role("link", name="Verify it").click()
    await form.get_by_role("button", name="Run", exact=True).click()
    verdict = page.get_by_role("region", name="Verdict")
    await verdict.wait_for(timeout=ENDS_MS)
    await expect(verdict).to_contain_text("The same again")
    assert await looked.violations() == []


async def test_an_evaluation_is_asked_for_and_its_items_are_read(
    measured_hub: RunningHub, page: Page, looked: Looking
) -> None:
    with measured_hub.client() as client:
        (run,) = client.get("/v1/runs", kind="evaluate", model="base", limit=1)["items"]
    await page.goto(f"{measured_hub.url}/runs/{run['id']}")
    scores = page.get_by_role("region", name="Scores", exact=True)
    await scores.get_by_text("Items of next").click()
    await expect(scores).to_contain_text("12 items")
    assert await looked.violations() == []

    await page.goto(f"{measured_hub.url}/runs")
    await page.get_by_role("button", name="New run").click()
    form = page.get_by_role("region", name="New run")
    await form.get_by_role("button", name="Evaluate a model").click()
    await form.get_by_label("Model", exact=True).fill("base")
    await form.get_by_label("Benchmarks", exact=True).fill("next")
    await form.get_by_role("combobox", name="Hardware").select_option("gpu")
    await form.get_by_role("button", name="Run", exact=True).click()
    await page.get_by_text("No gpu worker is registered").wait_for()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("status").filter(has_text="cancelled").wait_for()


async def test_a_run_is_followed_live_cancelled_retried_and_its_failure_explained(
    hub: RunningHub, page: Page, looked: Looking, worker: httpx.Client
) -> None:
    await page.goto(f"{hub.url}/runs?run=0b0e4c8e-6b0e-4c8e-8b0e-4c8e6b0e4c8e")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.get_by_label("Merge run")).to_have_attribute("aria-invalid", "true")
    with hub.client() as client:
        run = str(client.submit(merge("browser/live")).id)
    await page.goto(f"{hub.url}/runs/{run}")
    shown = page.get_by_role("region", name="Progress")
    await expect(shown).to_contain_text("Waits for a gpu worker")
    waits = page.get_by_text("No gpu worker is registered")
    await expect(waits).to_be_visible()
    assert await looked.violations() == []
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("status").filter(has_text="cancelled").wait_for()
    await page.get_by_role("button", name="Retry").click()
    await page.get_by_text("No gpu worker is registered").wait_for()
    fence = sent(worker, run, "claim", {"worker": "browsed-1"})["fence"]
    async with held(worker, run, fence):
        await expect(shown).to_contain_text("The worker begins")
        await expect(waits).to_have_count(0)
        sent(worker, run, "heartbeat", {"fence": fence, "progress": progress(1, 1.0)})
        await expect(shown).to_contain_text("merge 1/10 tensors")
        warned = {
            "fence": fence,
            "progress": progress(3, 3.0),
            "warnings": ["One GPU is not used."],
        }
        sent(worker, run, "heartbeat", warned)
        await expect(shown).to_contain_text("3 MB of 10 MB")
        await expect(shown).to_contain_text("1 MB/s")
        await expect(shown).to_contain_text("about 7.0 s left")
        await expect(shown.get_by_role("status")).to_have_text("merge, 25 %")
        log = page.get_by_role("region", name="Log")
        await expect(log).to_contain_text("Attempt 1 begins on browsed-1")
        await expect(log).to_contain_text("One GPU is not used.")
        assert await looked.violations() == []

        await page.reload()  # it catches up
        await expect(shown).to_contain_text("merge 3/10 tensors")
    error = {
        "code": "merge-failed",
        "message": "left has no tensor x.",
        "last_lines": ["KeyError: x"],
    }
    sent(worker, run, "report", {"fence": fence, "outcome": "failed", "error": error})
    trouble = page.get_by_role("region", name="What went wrong")
    await expect(trouble).to_contain_text("left has no tensor x.")
    await expect(trouble).to_contain_text("KeyError: x")
    await expect(trouble).to_contain_text("A retry would fail in the same way")
    await expect(shown).to_have_count(0)
    assert await looked.violations() == []


async def test_the_list_is_filtered_stays_current_and_goes_on(
    hub: RunningHub, page: Page, looked: Looking
) -> None:
    with hub.client() as client:
        version = client.publish(RECIPE, "browser-listed")["version"]
        for _ in range(PAGE + 1):
            client.cancel(client.submit(merge("browser/many")).id)
        await page.goto(f"{hub.url}/runs?model=browser/many&state=cancelled")
        rows = page.get_by_role("region", name="Runs", exact=True).get_by_role("row")
        await rows.first.wait_for()
        await expect(rows).to_have_count(PAGE + 1)
        await page.get_by_role("button", name="Older runs").click()
        await expect(rows).to_have_count(PAGE + 2)
        assert await looked.violations() == []

        await page.goto(f"{hub.url}/runs?kind=evaluate&recipe={version['id']}")
        await page.get_by_role("heading", name="No such runs").wait_for()
        every = page.get_by_role("link", name="all runs", exact=True)
        await expect(every).to_have_attribute("href", "/runs")
        await page.get_by_role("combobox", name="Kind", exact=True).select_option("merge")
        waiting = client.submit(merge("browser/new", recipe_version=version["id"]))
        await page.get_by_role("link", name="browser/new").wait_for()
        await expect(rows.last).to_contain_text("queued")
        client.cancel(waiting.id)
        await expect(rows.last).to_contain_text("cancelled")
        await page.get_by_role("combobox", name="Owner").select_option("local")
        assert "owner=local" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_a_run_and_the_form_within_its_width(
    hub: RunningHub, scheme: str
) -> None:
    with hub.client() as client:
        run = client.cancel(client.submit(merge(f"browser/phone-{scheme}")).id)
    async with looking(PHONE, color_scheme=scheme) as looked:
        page = looked.page
        for path in (f"/runs/{run.id}", f"/runs?run={run.id}"):
            await page.goto(f"{hub.url}{path}")
            await page.get_by_label(re.compile("^Command that")).wait_for()
            await page.locator("h1").first.wait_for()
            assert await looked.violations() == []
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE[0]


def merge(name: str, **fields: Any) -> dict[str, Any]:
    """A merge for which no worker of the hub has the hardware."""
    recipe = {} if fields else {"recipe": RECIPE}
    return {"kind": "merge", "model_name": name, "hardware": "gpu", **recipe, **fields}
