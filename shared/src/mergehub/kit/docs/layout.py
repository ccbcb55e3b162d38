"""The frame of every page of the documentation."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
STYLES = ("tokens.css", "page.css")
HOME, GUIDES, EVENTS, PROBLEMS = "/docs", "/docs/guides", "/docs/events", "/docs/problems"
START, ASSETS = "/", f"{HOME}/assets"
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
<header><a href="{start}">Mergehub</a><nav aria-label="Documentation">{places}</nav></header>
<main>
{body}
</main>
</body></html>
"""


def page(title: str, body: str, *, here: str, head: str = "", width: str = "50rem") -> str:
    """An HTML page at the path `here`; `body` and `head` are HTML, `title` is text."""
    places = "".join(_link(path, name, here) for path, name in PLACES.items())
    return PAGE.format(
        title=escape(title),
        head=head,
        style=_style(),
        width=width,
        start=START,
        assets=ASSETS,
        places=places,
        body=body,
    )


@cache
def _style() -> str:
    """The tokens that all pages of the hub share, and the style of these pages."""
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES)


def _link(path: str, name: str, here: str) -> str:
    current = ' aria-current="page"' if path == here else ""
    return f'<a href="{path}"{current}>{name}</a>'
