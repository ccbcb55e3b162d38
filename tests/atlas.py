"""A small lineage that a hub learns, and how a test looks at it on the map."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
from running import RunningHub

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

TUNES, QUANTS = 3, 9
AWAY = 8  # pixels from a name to its node


class Lineage:
    """What the hub knows: a base, tunes and quantizations of it, merges, and a stranger."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        tunes = [edge(f"atlas/tune-{n}", "atlas/base", "finetune") for n in range(TUNES)]
        quants = [edge(f"atlas/quant-{n}", "atlas/base", "quantized") for n in range(QUANTS)]
        self.learn(
            [
                *tunes,
                *quants,
                edge("atlas/merge", "atlas/base", "merge", role="base", method="ties"),
                edge("atlas/merge", "atlas/tune-0", "merge", method="ties", weight=0.75),
                edge("atlas/merge", "atlas/tune-1", "merge", method="ties", weight=0.25),
                edge("atlas/grandchild", "atlas/merge", "finetune"),
                edge("stranger/child", "stranger/base", "finetune"),
            ],
            [
                {"name": "atlas/base", "licence": "cc-by-nc-4.0", "parameters": 7_000_000_000},
                {"name": "atlas/merge", "licence": "apache-2.0"},
            ],
        )
        flag = {"kind": "contaminated", "reason": "It has seen the questions of the test."}
        self._http.post(f"/v1/models/{self.id('atlas/tune-1')}/flags", json=flag).raise_for_status()

    def learn(self, edges: list[dict[str, Any]], models: list[dict[str, Any]]) -> None:
        body = {"source": "edge-list", "edges": edges, "models": models}
        self._http.post("/v1/graph/imports", json=body).raise_for_status()

    def id(self, name: str) -> str:
        (found,) = self._http.get("/v1/models", params={"name": name}).json()["items"]
        return str(found["id"])

    def finds(self, words: str) -> bool:
        """Whether a search for words finds a model; it learns new names a moment later."""
        return bool(self._http.get("/v1/models", params={"q": words}).json()["items"])

    def rename(self, old: str, new: str) -> None:
        where = f"/v1/models/{self.id(old)}"
        tag = {"If-Match": self._http.get(where).headers["etag"]}
        self._http.patch(where, json={"name": new}, headers=tag).raise_for_status()


def edge(child: str, parent: str, relation: str, **more: Any) -> dict[str, Any]:
    return {"child": child, "parent": parent, "relation": relation, **more}


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def open_map(page: Page, hub: RunningHub, state: str = "") -> None:
    await page.goto(f"{hub.url}/map?{state}")
    await page.locator("canvas[data-drawn=whole], [role=tree]").first.wait_for()


async def press(page: Page, name: str, **options: Any) -> None:
    """Press the node at which a name stands on the map."""
    label = page.locator(".names span", has_text=re.compile(f"^{re.escape(name)}$"))
    box = await label.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    away = {
        "right": (box["x"] - AWAY, y),
        "left": (box["x"] + box["width"] + AWAY, y),
        "below": (x, box["y"] - AWAY),
        "above": (x, box["y"] + box["height"] + AWAY),
    }
    side = await label.get_attribute("data-side")
    assert side is not None
    await page.mouse.click(*away[side], **options)


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Details")


def title(page: Page) -> Locator:
    return panel(page).get_by_role("heading", level=2)
