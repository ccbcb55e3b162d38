"""The frame of every page of the documentation."""

from __future__ import annotations

from html import escape

HOME, GUIDES, EVENTS, PROBLEMS = "/docs", "/docs/guides", "/docs/events", "/docs/problems"
START = "/"
PLACES = {
    START: "Start",
    HOME: "Operations",
    GUIDES: "Guides",
    EVENTS: "Events",
    PROBLEMS: "Problems",
}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Mergehub</title>
{head}<style>
:root {{ color-scheme: light dark; --line: #8884; --shade: #8882 }}
body {{ font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; padding: 0 1.2rem 4rem }}
body {{ max-width: {width}; overflow-wrap: break-word }}
body > nav {{ display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding: 1rem 0 }}
body > nav {{ border-bottom: 1px solid var(--line); margin-bottom: 1.5rem }}
body > nav [aria-current] {{ font-weight: 600; color: inherit; text-decoration: none }}
h1, h2, h3 {{ line-height: 1.25 }}
h2 {{ margin-top: 2.2rem }}
code, pre {{ font: .88em/1.5 ui-monospace, monospace }}
:not(pre) > code {{ background: var(--shade); border-radius: 3px; padding: .1em .3em }}
pre {{ background: var(--shade); border-radius: 6px; padding: .8rem 1rem; overflow: auto }}
pre:has(> [class*=language-])::before {{ opacity: .6; font-style: italic }}
pre:has(> .language-sh)::before {{ content: "curl\\a" }}
pre:has(> .language-ts)::before {{ content: "TypeScript\\a" }}
pre:has(> .language-python)::before {{ content: "Python\\a" }}
img {{ max-width: 100% }}
table {{ border-collapse: collapse; display: block; overflow: auto; margin: 1rem 0 }}
td, th {{ vertical-align: top; text-align: left; padding: .35rem 1.2rem .35rem 0 }}
tr + tr > td, tbody > tr > td {{ border-top: 1px solid var(--line) }}
thead th:empty {{ padding: 0 }}
</style></head><body>
<nav>{places}</nav>
<main>
{body}
</main>
</body></html>
"""


def page(title: str, body: str, *, here: str, head: str = "", width: str = "50rem") -> str:
    """An HTML page at the path `here`; `body` and `head` are HTML, `title` is text."""
    places = "".join(_link(path, name, here) for path, name in PLACES.items())
    return PAGE.format(title=escape(title), head=head, width=width, places=places, body=body)


def _link(path: str, name: str, here: str) -> str:
    current = ' aria-current="page"' if path == here else ""
    return f'<a href="{path}"{current}>{name}</a>'
