"""Mermaid, which Markdown on most sites draws. Edges lead from parent to child.

Mermaid itself draws 500 edges at most, unless its `maxEdges` is raised.
"""

from __future__ import annotations

import re

from lineage.exports.records import Model, Parent

_SPECIAL = re.compile(r"[^A-Za-z0-9 ._/:+-]")


class Mermaid:
    media_type = "text/vnd.mermaid; charset=utf-8"
    suffix = "mmd"

    def begin(self) -> str:
        return "flowchart LR\n"

    def model(self, model: Model) -> str:
        node = f'  m{model.place}["{_text(model.name)}"]\n'
        return node + "".join(_edge(model, parent) for parent in model.parents)

    def end(self) -> str:
        return ""


def _edge(model: Model, parent: Parent) -> str:
    label = _text(parent.method or parent.relation)
    return f'  m{parent.place} -->|"{label}"| m{model.place}\n'


def _text(text: str) -> str:
    """A text in which every character that may mean something to Mermaid is its number."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", text)
