"""The map coloured by score and by uplift, in a real browser, from evaluations by a worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from looking import Looking, looking
from playwright.async_api import Locator, Page, expect
from running import RunningHub, eventually, finish, model_of

pytestmark = pytest.mark.browser

RECIPE = "merge_method: linear\nmodels: [{model: base, parameters: {weight: 1}}]\n"
EVALUATED_MS = 120_000  # a worker evaluates meanwhile


@dataclass(frozen=True)
class Merge:
    """A merge of a model that is evaluated; it is not evaluated itself."""

    id: str
    name: str


@pytest.fixture(scope="module")
def merge(measured_hub: RunningHub) -> Merge:
    name = "scored/merge"
    with measured_hub.client() as client:
        finish(client, client.submit({"kind": "merge", "recipe": RECIPE, "model_name": name}))
        return Merge(eventually(lambda: model_of(client, name))["id"], name)


@pytest.fixture
async def page(measured_hub: RunningHub, merge: Merge) -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert looked.complaints == []
        assert looked.hosts == {urlsplit(measured_hub.url).netloc}


def legend(page: Page) -> Locator:
    return page.get_by_role("list", name="What shapes and colours mean")


async def test_an_open_map_is_coloured_by_scores_as_they_come(
    measured_hub: RunningHub, merge: Merge, page: Looking
) -> None:
    looked = page.page
    await looked.goto(f"{measured_hub.url}/map?focus={merge.id}&colour=uplift")
    await expect(legend(looked)).to_contain_text("no model here has an uplift yet")
    with measured_hub.client() as client:
        job = {"kind": "evaluate", "model": merge.name, "benchmarks": ["next"]}
        client.submit(job)
    await expect(legend(looked)).to_contain_text(
        "Uplift over the best parent", timeout=EVALUATED_MS
    )
    assert await page.violations() == []

    await looked.get_by_role("combobox", name="Colour").select_option("score")
    await expect(legend(looked)).to_contain_text("Score:")
    assert parse_qs(urlsplit(looked.url).query)["colour"] == ["score"]

    await looked.reload()
    await expect(legend(looked)).to_contain_text("Score:")
    facts = looked.get_by_role("region", name="Facts")
    await expect(facts).to_contain_text("of 100")
    await expect(facts).to_contain_text("0.0 over the best parent")
