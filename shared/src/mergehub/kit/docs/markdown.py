"""Markdown as HTML: tables, headings with anchors, and rewritten links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

Address = Callable[[str], str | None]

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")

SCROLLED = '<pre tabindex="0">'
"""A piece of code, which a keyboard can scroll; a text's own `<pre>` is escaped."""


def html(text: str, address: Address) -> str:
    """`text` as HTML; `address` returns a link's target, or None to leave the link out."""
    tokens = MARKDOWN.parse(text)
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor(inline.content))
        token.children = list(_links(token.children or (), address)) or token.children
    rendered = str(MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}))
    return rendered.replace("<pre>", SCROLLED)


def title_of(text: str) -> str:
    """The text of the first heading."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].replace("`", "") if found else "Untitled"


def anchor(heading: str) -> str:
    """A heading's id, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _links(tokens: Iterable[Token], address: Address) -> Iterator[Token]:
    is_link = True
    for token in tokens:
        if token.type == "link_open":
            where = address(str(token.attrs["href"]))
            is_link = where is not None
            if where is not None:
                token.attrSet("href", where)
        if is_link or token.type not in ("link_open", "link_close"):
            yield token
