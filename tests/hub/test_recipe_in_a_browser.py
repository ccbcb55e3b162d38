"""The page of a recipe in a real browser: what it shows, what one does there, who may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from atlas import query
from defusedxml import ElementTree
from league import BOARD, results
from looking import Looking, looking
from playwright.async_api import Page, expect
from running import RunningHub, eventually, finish, model_of

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
TEXT = """\
merge_method: task_arithmetic   # two fine-tunes of one base
base_model: base
models:
  - model: left
    parameters: {weight: [0.25, 0.75]}
  - model: right
    parameters: {weight: 0.25}
"""
SECOND = TEXT.replace("weight: 0.25}", "weight: 0.5}")
STACK = """\
merge_method: passthrough
slices:
  - sources: [{model: left, layer_range: [0, 1]}]
  - sources: [{model: right, layer_range: [0, 1]}]
"""
HOSTILE = """\
# The *soup*

<script>document.title = "taken"</script> <img src=x onerror="document.title = 'taken'">
<style>* { display: none }</style> <iframe src="/"></iframe>

[run](javascript:document.title='taken') [file](file:///etc/passwd) [fine](https://soup.example/a)

![a plot](https://soup.example/huge.png) [![badge](https://soup.example/b.svg)](https://soup.example)

#### Far below

| right | middle |
|------:|:------:|
| 1     | <b>2</b> |

"""


@dataclass
class Kitchen:
    """Recipes of a hub, and who made them."""

    hub: RunningHub
    http: httpx.Client
    soup: dict[str, Any]

    def publish(self, name: str, text: str = TEXT, **about: Any) -> dict[str, Any]:
        answer = self.http.post("/v1/recipes", json={"name": name, "recipe": text, **about})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def read(self, name: str) -> dict[str, Any]:
        answer = self.http.get(f"/v1/recipes/named/local/{name}")
        return dict(answer.raise_for_status().json())

    def gained(self) -> float | None:
        """What its model gained over the best ingredient, once the board knows it."""
        model = {"model": "local/page-soup"}
        rows = self.http.get(f"/v1/boards/{BOARD}", params=model).json()["items"]
        return rows[0]["uplift"] if rows else None

    def address(self, name: str, query: str = "") -> str:
        return f"{self.hub.url}/recipes/local/{name}?{query}"


@pytest.fixture(scope="module")
def kitchen(ranking_hub: RunningHub) -> Iterator[Kitchen]:
    """A recipe of two versions, a fork, a twin, and a model that was verified and has results."""
    owner = {"Authorization": f"Bearer {ranking_hub.token}"}
    with httpx.Client(base_url=ranking_hub.url, headers=owner, timeout=60) as http:
        kitchen = Kitchen(ranking_hub, http, {})
        about = {"title": "A soup of two", "tags": ["small"], "domains": ["math"], "licence": "mit"}
        soup = kitchen.publish("page-soup", description=HOSTILE, **about)
        with ranking_hub.client() as client:
            wanted = {"kind": "merge", "recipe_version": soup["version"]["id"]}
            merged = finish(client, client.submit({**wanted, "model_name": "local/page-soup"}))
            finish(client, client.submit({"kind": "verify", "run": str(merged.id)}))
            eventually(lambda: model_of(client, "local/page-soup"))
        scores = {"local/page-soup": 0.1, "left": 0.06, "right": 0.05, "base": 0.04}
        rows = [each for model, score in scores.items() for each in results(model, score)]
        scored = {"origin": "kitchen.csv", "source": "imported", "results": rows}
        http.post("/v1/results/imports", json=scored).raise_for_status()
        eventually(kitchen.gained)
        http.post(f"/v1/recipes/{soup['id']}/versions", json={"recipe": SECOND}).raise_for_status()
        http.post(f"/v1/recipes/{soup['id']}/fork", json={"name": "page-fork"}).raise_for_status()
        kitchen.publish("page-twin", TEXT)
        kitchen.soup = soup
        yield kitchen


@pytest.fixture
async def looked(kitchen: Kitchen) -> AsyncIterator[Looking]:
    async with looking() as looked:
        yield looked
        assert looked.complaints == []
        assert looked.hosts == {urlsplit(kitchen.hub.url).netloc}


@pytest.fixture
def page(looked: Looking) -> Page:
    return looked.page


async def sign_in(page: Page, kitchen: Kitchen) -> None:
    """Let the pages use the owner's token, as the form for one does."""
    await page.goto(f"{kitchen.hub.url}/import")
    await page.evaluate(
        "token => sessionStorage.setItem('mergehub-token', token)", kitchen.hub.token
    )


async def saved(page: Page, button: str) -> str:
    async with page.expect_download() as started:
        await page.get_by_role("button", name=button).first.click()
    file = await (await started.value).path()
    return file.read_text(encoding="utf-8")


async def test_a_recipe_shows_what_it_merges_and_where_its_layers_go(
    kitchen: Kitchen, page: Page, looked: Looking
) -> None:
    await page.goto(kitchen.address("page-soup", "version=1"))
    await page.get_by_role("heading", level=1, name="A soup of two").wait_for()
    await expect(page).to_have_title("local/page-soup · Recipe · Mergehub")
    tag = page.get_by_role("link", name="#small")
    assert await tag.get_attribute("href") == "/recipes?q=tag%3Asmall"
    run = page.get_by_role("link", name="Run this")
    await expect(run).to_have_attribute("href", f"/runs?recipe={kitchen.soup['version']['id']}")
    ingredients = page.get_by_role("region", name="Ingredients of local/page-soup")
    left = ingredients.get_by_role("row").filter(has_text="left")
    await expect(left).to_contain_text("[0.25, 0.75]")
    await expect(left.get_by_role("link", name="left on the map")).to_be_visible()
    await expect(ingredients.get_by_role("row").filter(has_text="base")).to_contain_text("base")
    drawn = page.get_by_role("img", name="Layers of local/page-soup")
    await expect(drawn).to_contain_text("left − the base")
    picture = ElementTree.fromstring(await saved(page, "Save as SVG"))
    assert len(picture.findall(f".//{SVG}path")) == 2
    assert "var(" not in ElementTree.tostring(picture, encoding="unicode")
    text = page.get_by_role("region", name="Text of local/page-soup")
    assert await text.locator(".line").count() == len(TEXT.splitlines())
    assert await text.locator(".comment").inner_text() == "# two fine-tunes of one base"
    assert await saved(page, "Download YAML") == TEXT
    assert (await saved(page, "Model card")).startswith("---")
    assert '"specVersion":"1.7"' in (await saved(page, "CycloneDX")).replace(" ", "")
    await expect(page.get_by_role("group", name="Show it")).to_contain_text("local/page-soup@1")
    assert sum(looked.scripts.values()) < 200_000
    await page.get_by_role("button", name="Show the newest, 2").click()
    right = ingredients.get_by_role("row").filter(has_text="right")
    await expect(right).to_contain_text("0.5")
    assert "version" not in query(page)


async def test_slices_are_stacked_and_their_table_says_so(kitchen: Kitchen, page: Page) -> None:
    kitchen.publish("page-stack", STACK)
    await page.goto(kitchen.address("page-stack"))
    picture = page.get_by_role("img", name="Layers of local/page-stack")
    await expect(picture).to_contain_text("layers of the merged model")
    await page.get_by_text("As a table (2 rows)").click()
    second = page.get_by_role("region", name="as a table").get_by_role("row").nth(2)
    assert (await second.inner_text()).split()[:4] == ["–", "1", "right", "ingredient"]


async def test_a_hostile_description_does_nothing(
    kitchen: Kitchen, page: Page, looked: Looking
) -> None:
    await page.goto(kitchen.address("page-soup"))
    shown = page.get_by_role("region", name="Description")
    await shown.get_by_role("heading", level=3, name="The soup").wait_for()
    await shown.get_by_role("heading", level=4, name="Far below").wait_for()
    assert await shown.locator("script, img, style, iframe, b").count() == 0
    assert await shown.locator("[style], [onerror], [onclick]").count() == 0
    links = await shown.get_by_role("link").evaluate_all("all => all.map(e => [e.href, e.rel])")
    assert [href for href, _ in links] == [
        "https://soup.example/a", "https://soup.example/huge.png", "https://soup.example/",
    ]  # fmt: skip
    assert {rel for _, rel in links} == {"noopener nofollow ugc"}
    await expect(shown).to_contain_text("<script>document.title")
    await looked.settled()
    assert await page.title() == "local/page-soup · Recipe · Mergehub"
    assert await looked.violations() == []


async def test_versions_are_compared_by_meaning_and_a_fork_with_its_origin(
    kitchen: Kitchen, page: Page
) -> None:
    await page.goto(kitchen.address("page-soup", "show=versions"))
    versions = page.get_by_role("region", name="Versions of local/page-soup")
    await expect(versions.get_by_role("row")).to_have_count(3)
    change = page.get_by_role("region", name="Differences from local/page-soup@1")
    await expect(change.get_by_role("row").nth(1)).to_contain_text("weight of right")
    await expect(change.get_by_role("row").nth(1)).to_contain_text("0.25")
    await page.get_by_role("button", name="The other way round").click()
    assert (query(page)["from"], query(page)["to"]) == (["2"], ["1"])
    await page.get_by_role("region", name="Differences from local/page-soup@2").wait_for()
    await versions.get_by_role("link", name="1", exact=True).click()
    await page.get_by_text("This is version 1.").wait_for()
    assert query(page)["version"] == ["1"]
    await page.goto(kitchen.address("page-fork", "show=versions"))
    await page.get_by_text("Both merge the same models in the same way.").wait_for()
    await page.get_by_role("link", name="local/page-soup, version 2").click()
    await page.get_by_role("heading", level=1, name="A soup of two").wait_for()
    assert urlsplit(page.url).path == "/recipes/local/page-soup"
    await page.goto(kitchen.address("page-twin", "show=related"))
    twins = page.get_by_role("list", name="Twins")
    await expect(twins).to_contain_text("local/page-soup, version 1")
    await page.goto(kitchen.address("page-soup", "show=related"))
    await expect(page.get_by_role("list", name="Forks")).to_contain_text("local/page-fork")


async def test_results_name_the_models_their_scores_runs_and_reproductions(
    kitchen: Kitchen, page: Page, looked: Looking
) -> None:
    await page.goto(kitchen.address("page-soup", f"show=results&board={BOARD}"))
    models = page.get_by_role("region", name="Models that this recipe made")
    made = models.get_by_role("row").nth(1)
    await expect(made).to_contain_text("local/page-soup")
    await expect(made).to_contain_text(f"{kitchen.gained():+.1f}")
    again = page.get_by_role("list", name="Reproductions").get_by_role("listitem").first
    await expect(again).to_contain_text("the same again")
    await expect(again).to_contain_text("by local")
    runs = page.get_by_role("region", name="Runs of this recipe")
    await expect(runs.get_by_role("row")).to_have_count(3)
    await expect(runs.get_by_role("row").filter(has_text="verify")).to_contain_text("succeeded")
    await made.get_by_role("link", name="local/page-soup on the map").click()
    await page.wait_for_url("**/map?focus=*")
    await looked.settled()


async def test_a_stranger_is_told_how_to_star_comment_and_fork(
    kitchen: Kitchen, page: Page, looked: Looking
) -> None:
    await page.goto(kitchen.address("page-soup", "show=comments"))
    await expect(page.get_by_role("heading", name="Who comments?")).to_be_visible()
    await expect(page.get_by_role("link", name="Settings")).to_have_count(0)
    for press, title in (("Star", "Who stars?"), ("Fork", "Fork local/page-soup, version 2")):
        await page.get_by_role("button", name=press).click()
        dialog = page.get_by_role("dialog", name=title)
        await expect(dialog.get_by_label("A token of this hub")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
    await page.goto(kitchen.address("page-soup", "show=settings"))
    await expect(page.get_by_text("Sign in: those who write for local")).to_be_visible()
    assert await looked.violations() == []


async def test_stars_and_comments_belong_to_who_has_signed_in(
    kitchen: Kitchen, page: Page, looked: Looking
) -> None:
    kitchen.publish("page-talk")
    await sign_in(page, kitchen)
    await page.goto(kitchen.address("page-talk", "show=comments"))
    star = page.get_by_role("button", name="Star")
    await star.click()
    await expect(page.get_by_role("button", name="Starred 1")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.get_by_label("Write a comment").fill("It **adds**. <script>x</script>")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("region", name="What it looks like")).to_contain_text("It adds.")
    await page.get_by_role("button", name="Comment", exact=True).click()
    first = page.get_by_role("article", name="Comment 1")
    await expect(first.locator("strong")).to_have_text("adds")
    await first.get_by_role("button", name="Answer").click()
    await page.get_by_label("Your answer to comment 1").fill("It does.")
    await page.get_by_role("button", name="Answer", exact=True).last.click()
    second = page.get_by_role("article", name="Comment 2")
    await second.get_by_role("button", name="Edit").click()
    await page.get_by_label("Comment 2 in Markdown").fill("It does, and subtracts.")
    await page.get_by_role("button", name="Save").click()
    await expect(second).to_contain_text("edited")
    assert await looked.violations() == []
    await first.get_by_role("button", name="Remove").click()
    await first.get_by_role("button", name="Remove").click()
    await expect(first).to_contain_text("Its author removed this comment.")
    await page.reload()
    await expect(page.get_by_role("article", name="Comment 2")).to_contain_text("and subtracts")
    await expect(page.get_by_role("button", name="Starred 1")).to_be_visible()
    assert (kitchen.read("page-talk")["stars"], kitchen.read("page-talk")["comments"]) == (1, 1)
    await page.get_by_role("button", name="Starred 1").click()
    await expect(page.get_by_role("button", name="Star 0")).to_be_visible()


async def test_who_may_write_forks_edits_renames_archives_and_deletes(
    kitchen: Kitchen, page: Page, looked: Looking
) -> None:
    kitchen.publish("page-own")
    await sign_in(page, kitchen)
    await page.goto(kitchen.address("page-own"))
    await page.get_by_role("button", name="Fork", exact=True).click()
    await page.get_by_label("Name").fill("page-own-fork")
    assert await looked.violations() == []
    await page.get_by_role("button", name="Make the fork").click()
    await page.get_by_text("Forked from").wait_for()
    assert urlsplit(page.url).path == "/recipes/local/page-own-fork"
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_label("Title").fill("A fork of my own")
    await page.get_by_label("Tags").fill("tiny, spicy")
    await page.get_by_label("Who sees it").select_option("unlisted")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("heading", level=1, name="A fork of my own").wait_for()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert kitchen.read("page-own-fork")["tags"] == ["tiny", "spicy"]
    await page.get_by_label("Name").fill("page-renamed")
    await page.get_by_role("button", name="Rename it").click()
    await page.wait_for_url("**/recipes/local/page-renamed?show=settings")
    await page.get_by_role("button", name="Archive it").click()
    await expect(page.get_by_role("button", name="Take it out of the archive")).to_be_visible()
    assert await looked.violations() == []
    await page.goto(kitchen.address("page-own-fork"))  # a former name leads to the present one
    await page.wait_for_url("**/recipes/local/page-renamed*")
    await page.get_by_role("link", name="Settings").click()
    await page.get_by_role("button", name="Delete it").click()
    await page.get_by_role("button", name="Delete local/page-renamed for good").click()
    await page.wait_for_url("**/recipes?q=owner*")
    await looked.settled()
    assert kitchen.http.get("/v1/recipes/named/local/page-renamed").status_code == 404


async def test_refusals_say_why_and_nothing_typed_is_lost(kitchen: Kitchen) -> None:
    async with looking() as looked:  # which complains of each refusal
        page = looked.page
        await sign_in(page, kitchen)
        await page.goto(kitchen.address("page-soup", "show=settings"))
        await page.get_by_role("button", name="Delete it").click()
        await page.get_by_role("button", name="Delete local/page-soup for good").click()
        refusal = page.get_by_role("dialog").get_by_role("alert")
        await expect(refusal).to_contain_text("is the origin of")
        await expect(refusal).to_contain_text("Archive it instead")
        assert await looked.violations() == []
        await page.get_by_role("button", name="Close").click()
        await page.get_by_label("Name").fill("page-twin")
        await page.get_by_role("button", name="Rename it").click()
        await expect(page.get_by_role("alert")).to_contain_text("page-twin")
        await page.get_by_label("Licence").fill("no such licence")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert").first).to_contain_text("licence")
        await expect(page.get_by_label("Licence")).to_have_value("no such licence")


async def test_a_recipe_that_is_not_there_or_private_leads_on(kitchen: Kitchen) -> None:
    kitchen.publish("page-secret", visibility="private")
    async with looking() as looked:
        page = looked.page
        await page.goto(kitchen.address("page-secret"))
        await page.get_by_role("heading", name="No recipe local/page-secret").wait_for()
        await page.goto(kitchen.address("page-sop"))
        await page.get_by_role("link", name="local/page-soup").wait_for()
        assert await looked.violations() == []
        await page.goto(f"{kitchen.hub.url}/recipes/local/page-soup/more")
        await page.get_by_role("heading", name="No recipe local/page-soup/more").wait_for()
        await page.goto(f"{kitchen.hub.url}/recipes/local")
        await page.wait_for_url("**/recipes?q=owner%3Alocal")
        await page.goto(kitchen.address("page-soup", "version=9"))
        await page.get_by_role("link", name="Show it").click()
        await page.get_by_role("heading", name="What it merges").wait_for()
        assert looked.hosts == {urlsplit(kitchen.hub.url).netloc}


@pytest.mark.parametrize(
    ("scheme", "size"), [("light", (1280, 800)), ("dark", (390, 844))], ids=["desk", "phone"]
)
async def test_everybody_can_use_the_page_of_a_recipe(
    kitchen: Kitchen, scheme: str, size: tuple[int, int]
) -> None:
    async with looking(size, color_scheme=scheme) as looked:
        page = looked.page
        await sign_in(page, kitchen)
        for section in ("recipe", "versions", "results", "comments", "related", "settings"):
            await page.goto(kitchen.address("page-soup", f"show={section}"))
            await page.get_by_role("main").locator("h2").first.wait_for()
            await looked.settled()
            assert await looked.violations() == [], section
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= size[0], section
        assert looked.complaints == []
