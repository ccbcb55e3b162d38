"""The map in a real browser, against a running hub that has learned a small lineage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from atlas import QUANTS, TUNES, Lineage, edge, open_map, panel, press, query, title
from looking import Looking, looking
from playwright.async_api import expect
from running import RunningHub, eventually, finish, model_of
from story import RECIPE

pytestmark = pytest.mark.browser

PHONE = (390, 844)
NO_WEBGL = """
const asked = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  return REFUSED.includes(kind) ? null : asked.call(this, kind, options);
};
"""


@pytest.fixture
async def looked(hub: RunningHub, lineage: Lineage) -> AsyncIterator[Looking]:
    """A page in a browser that must complain of nothing, and ask only the hub."""
    async with looking() as looked:
        yield looked
        assert looked.complaints == []
        assert looked.hosts == {urlsplit(hub.url).netloc}


async def test_it_opens_on_the_most_merged_bases(hub: RunningHub, looked: Looking) -> None:
    page = looked.page
    await open_map(page, hub)
    await expect(title(page)).to_have_text("Most-merged bases")
    bases = panel(page).get_by_role("list", name="Merges by base")
    await bases.get_by_role("button", name="atlas/base").click()
    await expect(title(page)).to_have_text("atlas/base")
    await expect(panel(page)).to_contain_text("7B")


async def test_the_statistics_are_of_the_kinds_that_the_map_shows(
    hub: RunningHub, looked: Looking
) -> None:
    page = looked.page
    await open_map(page, hub, "kind=quantized")
    await expect(title(page)).to_have_text("Most-used bases")
    bases = panel(page).get_by_role("list", name="Models by base")
    await expect(bases.get_by_role("button", name="atlas/base")).to_be_visible()
    await page.get_by_role("button", name="Merge", exact=True).click()
    await expect(bases.get_by_role("listitem")).not_to_have_count(0)
    assert query(page)["kind"] == ["quantized", "merge"]


async def test_the_legend_covers_nothing_of_the_map(hub: RunningHub, looked: Looking) -> None:
    page = looked.page
    await open_map(page, hub, "colour=family")
    legend = page.get_by_role("list", name="What shapes and colours mean")
    await expect(legend).to_contain_text("other families")
    above = await page.locator("canvas").bounding_box()
    below = await legend.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    assert below["y"] + below["height"] <= page.viewport_size["height"]


async def test_search_suggests_models_and_the_map_shows_the_one_that_is_chosen(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    lineage.learn([edge("nomad/tent", "nomad/base", "finetune")], [])
    lineage.rename("nomad/tent", "nomad/house")
    await page.goto(hub.url)
    search = page.get_by_role("combobox", name="Search recipes and models")
    await search.press_sequentially("nomad tent")
    await expect(page.get_by_role("option")).to_contain_text(["nomad/house formerly nomad/tent"])
    await search.fill("merge ATLAS")
    await expect(page.get_by_role("option").first).to_contain_text("atlas/merge")
    await search.press("ArrowDown")
    await expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    await search.press("Enter")
    await expect(title(page)).to_have_text("atlas/merge")
    assert query(page)["focus"] == [lineage.id("atlas/merge")]
    await search.fill("qqq zzz")
    await expect(page.get_by_text("Nothing is called “qqq zzz” yet.")).to_be_visible()


async def test_a_press_selects_a_double_one_focuses_and_a_way_leads_back(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    base, merge = lineage.id("atlas/base"), lineage.id("atlas/merge")
    await open_map(page, hub, f"focus={base}&depth=1")
    await press(page, "merge")
    await expect(title(page)).to_have_text("atlas/merge")
    assert query(page) == {"focus": [base], "depth": ["1"], "model": [merge], "open": [merge]}
    await expect(page.locator(".names span", has_text="grandchild")).to_have_count(1)
    await press(page, "merge", click_count=2)
    await expect(page.get_by_role("button", name="Focus on it")).to_have_count(0)
    assert query(page)["focus"] == [merge]
    await page.get_by_role("button", name="Back").click()
    await expect(page.get_by_role("button", name="Focus on it")).to_be_visible()
    assert query(page)["focus"] == [base]
    await page.get_by_role("button", name="Close").click()
    await expect(title(page)).to_have_text("atlas/base")
    before = query(page)
    await press(page, "merge", click_count=2)
    await expect(title(page)).to_have_text("atlas/merge")
    await page.get_by_role("button", name="Back").click()
    assert query(page) == before


async def test_counts_are_shown_before_a_model_is_expanded(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    state = f"focus={lineage.id('atlas/base')}&depth=1&view=list"
    await open_map(page, hub, f"{state}&model={lineage.id('atlas/merge')}")
    merge = page.get_by_role("treeitem", name="atlas/merge")
    await expect(page.get_by_role("treeitem", name="atlas/grandchild")).to_have_count(0)
    await page.get_by_role("button", name="Show 3 parents and 1 child").click()
    await expect(merge).to_have_attribute("aria-expanded", "false")
    await merge.press("ArrowRight")
    await expect(page.get_by_role("treeitem", name="atlas/grandchild")).to_be_visible()
    assert query(page)["open"] == [lineage.id("atlas/merge")]


async def test_many_siblings_are_one_node_that_is_paged_and_searched(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/base')}")
    await press(page, f"{QUANTS - 5} quantizations")
    children = panel(page).get_by_role("region", name="made from it")
    await expect(children.get_by_role("listitem")).to_have_count(QUANTS)
    assert query(page)["siblings"] == ["quantized"]
    await children.get_by_role("searchbox").fill("NT-7")
    await expect(children.get_by_role("listitem")).to_have_text(["atlas/quant-7"])
    await children.get_by_role("searchbox").fill("")
    await children.get_by_role("button", name="Show all").click()
    await expect(children.get_by_role("listitem")).to_have_count(TUNES + QUANTS + 1)


async def test_what_one_filters_by_is_in_the_address(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/base')}&depth=1&view=list")
    await page.get_by_text("Filters").click()
    await page.get_by_role("group", name="Relation").get_by_label("Merge").check()
    await expect(page.get_by_role("treeitem", name="atlas/tune-0")).to_have_count(0)
    await expect(page.get_by_role("treeitem", name="atlas/merge")).to_have_count(1)
    assert query(page)["relation"] == ["merge"]
    await page.reload()
    await expect(page.get_by_role("treeitem", name="atlas/merge")).to_have_count(1)
    await page.get_by_text("Filters (1)").click()
    await page.get_by_role("button", name="Clear filters").click()
    await expect(page.get_by_role("treeitem", name="atlas/tune-0")).to_have_count(1)
    kinds = page.get_by_role("group", name="Kind of model")
    await kinds.get_by_label("Quantization").check()
    await expect(page.get_by_role("treeitem", name="atlas/tune-0")).to_have_count(0)
    await expect(page.get_by_role("treeitem", name="atlas/quant-0")).to_have_count(1)
    assert query(page)["kind"] == ["quantized"]
    await expect(kinds).to_contain_text("Merge")  # whose number shows that it can be chosen, too


async def test_the_slider_hides_what_is_less_important(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/base')}&depth=1&colour=family")
    await expect(page.locator(".names span", has_text="tune-2")).to_have_count(1)
    await page.get_by_label("Importance").fill("4")
    await expect(page.locator(".names span", has_text="tune-2")).to_have_count(0)
    await expect(page.locator(".names span", has_text="merge")).to_have_count(1)
    assert query(page)["least"] == ["4"]


async def test_the_panel_says_how_a_model_was_made_and_what_it_inherits(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/merge')}")
    details = panel(page)
    parents = details.get_by_role("region", name="Made from", exact=True)
    await expect(parents.get_by_role("listitem")).to_contain_text(
        ["base of the merge · ties", "Merge · ties · weight 0.75", "Merge · ties · weight 0.25"]
    )
    contamination = details.get_by_role("region", name="Contamination")
    await expect(contamination).to_contain_text("It has seen the questions of the test.")
    await expect(contamination.get_by_role("listitem")).to_have_text(
        ["atlas/merge", "atlas/tune-1"]
    )
    licences = details.get_by_role("region", name="Licences")
    await expect(licences).to_contain_text("cc-by-nc-4.0 is broken by atlas/merge")
    await licences.get_by_role("button", name="Show this path on the map").first.click()
    await expect(page.locator("svg line.path")).to_have_count(1)
    assert query(page)["to"] == [lineage.id("atlas/base")]


async def test_what_a_run_made_is_on_the_map_with_its_recipe(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    with hub.client() as owner:
        wanted = {"kind": "merge", "recipe": RECIPE, "model_name": "atlas/made"}
        finish(owner, owner.submit(wanted))
        made = eventually(lambda: model_of(owner, "atlas/made"))
    page = looked.page
    await open_map(page, hub, f"focus={made['id']}&colour=method")
    recipe = panel(page).get_by_role("region", name="Recipe")
    await expect(recipe).to_contain_text("merge_method: task_arithmetic")
    await expect(page.get_by_role("list", name="What shapes")).to_contain_text("task_arithmetic")
    parents = panel(page).get_by_role("region", name="Made from", exact=True)
    await expect(parents).to_contain_text("weight 0.25")


async def test_a_path_joins_two_models_that_are_picked(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/merge')}&depth=3")
    await press(page, "grandchild")
    await expect(title(page)).to_have_text("atlas/grandchild")
    await page.get_by_role("button", name="Pick it on the map").click()
    await press(page, "base")
    path = panel(page).get_by_role("region", name="Path to another model")
    await expect(path.get_by_role("listitem")).to_have_text(
        ["atlas/grandchild", "atlas/merge", "atlas/base"]
    )
    await expect(page.locator("svg line.path")).to_have_count(2)
    await path.get_by_role("combobox").press_sequentially("stranger/base")
    await path.get_by_role("combobox").press("Enter")
    await expect(path).to_contain_text("Nothing joins the two models.")


async def test_the_list_is_walked_by_keys_and_says_where_one_is(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/merge')}&view=list")
    tree, told = page.get_by_role("tree"), page.locator("[aria-live=polite]")
    await tree.get_by_role("treeitem").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):  # to the parents, to the second of them
        await page.keyboard.press(key)
    await expect(told).to_contain_text("merge, atlas/tune-")
    await expect(told).to_contain_text("Level 3, 2 of 3.")
    await page.keyboard.press("ArrowLeft")
    await expect(told).to_contain_text("Made from. Level 2, 1 of 2.")
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await expect(title(page)).to_have_text("atlas/grandchild")
    await page.keyboard.press("Shift+Enter")
    await expect(page.get_by_role("treeitem").first).to_contain_text("atlas/grandchild")
    await expect(page.get_by_role("treeitem").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(told).to_contain_text("Made from. Level 2, 1 of 1.")


async def test_a_shared_address_shows_the_same_after_a_rename(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('stranger/base')}&view=list")
    lineage.rename("stranger/base", "stranger/renamed")
    await page.reload()
    await expect(title(page)).to_have_text("stranger/renamed")
    await expect(panel(page)).to_contain_text("stranger/base")
    await expect(page.get_by_role("treeitem").first).to_contain_text("stranger/renamed")


async def test_what_the_hub_learns_is_on_an_open_map_at_once(
    hub: RunningHub, looked: Looking, lineage: Lineage
) -> None:
    page = looked.page
    await open_map(page, hub, f"focus={lineage.id('atlas/merge')}&view=list")
    lineage.learn([edge("atlas/newborn", "atlas/merge", "finetune")], [])
    await expect(page.get_by_role("treeitem", name="atlas/newborn")).to_be_visible()


@pytest.mark.parametrize(
    ("refused", "said"),
    [(["webgl2"], None), (["webgl2", "2d"], "This browser cannot draw the map")],
)
async def test_a_browser_that_cannot_draw_by_webgl_has_the_map_all_the_same(
    hub: RunningHub, looked: Looking, lineage: Lineage, refused: list[str], said: str | None
) -> None:
    page = looked.page
    await page.add_init_script(NO_WEBGL.replace("REFUSED", str(refused)))
    await page.goto(f"{hub.url}/map?focus={lineage.id('atlas/base')}&depth=1")
    if said is None:
        await page.locator("canvas[data-drawn=whole]").wait_for()
        await press(page, "merge")
        await expect(title(page)).to_have_text("atlas/merge")
    else:
        await expect(page.get_by_text(said)).to_be_visible()
        await page.get_by_role("button", name="List").click()
        await expect(page.get_by_role("treeitem", name="atlas/merge")).to_be_visible()


@pytest.mark.parametrize("view", ["map", "list"])
async def test_everybody_can_use_the_map(hub: RunningHub, lineage: Lineage, view: str) -> None:
    async with looking() as looked:
        await open_map(looked.page, hub, f"focus={lineage.id('atlas/merge')}&view={view}")
        await looked.page.get_by_role("region", name="Licences").wait_for()
        await looked.page.get_by_text("Filters").click()
        await looked.settled()
        await looked.is_for_everybody()
