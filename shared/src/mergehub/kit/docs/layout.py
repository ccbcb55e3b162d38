"""The frame of every page of the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
STYLES = ("tokens.css", "page.css")
HOME, GUIDES, EVENTS, PROBLEMS = "/docs", "/docs/guides", "/docs/events", "/docs/problems"
START, ASSETS = "/", f"{HOME}/assets"
HUB = {"/recipes": "Recipes", "/map": "Map", "/boards": "Boards", "/runs": "Runs", HOME: "Docs"}
"""The entries of the navigation of all pages, as in `web/src/frame/places.ts`."""
PLACES = {
    HOME: "Operations",
    GUIDES: "Guides",
    EVENTS: "Events",
    PROBLEMS: "Problems",
}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Mergehub</title>
<link rel="icon" href="{assets}/favicon-32x32.png">
{head}<style>{style}
:root {{ --width: {width} }}</style></head><body>
<header><a href="{start}">Mergehub</a><nav aria-label="Hub">{hub}</nav></header>
<nav aria-label="Documentation">{places}</nav>
<main>
{body}
</main>
</body></html>
"""


def page(title: str, body: str, *, here: str, head: str = "", width: str = "50rem") -> str:
    """An HTML page at the path `here`; `body` and `head` are HTML, `title` is text."""
    return PAGE.format(
        title=escape(title),
        head=head,
        style=_style(),
        width=width,
        start=START,
        assets=ASSETS,
        hub=_links(HUB, HOME, "true"),
        places=_links(PLACES, here, "page"),
        body=body,
    )


@cache
def _style() -> str:
    """The tokens that all pages of the hub share, and the style of these pages."""
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES)


def _links(places: Mapping[str, str], here: str, current: str) -> str:
    """A link to each place; the one at `here` is marked as that (`aria-current`)."""
    marks = {here: f' aria-current="{current}"'}
    return "".join(
        f'<a href="{path}"{marks.get(path, "")}>{name}</a>' for path, name in places.items()
    )
