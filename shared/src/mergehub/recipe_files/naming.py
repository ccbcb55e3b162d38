"""Names the recipes of one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mergehub.lineage_files.cards.blocks import Block
from mergehub.recipe import RecipeError
from mergehub.recipe.yaml.document import load_documents

from .rows import LONGEST_TITLE, Found, Refused, Row, slug


def named(blocks: Sequence[Block], called: str, about: dict[str, Any]) -> Iterator[Row]:
    """The blocks of a file as recipes.

    One alone has the name of the file. Of several, one that names itself adds its own name to it,
    as the steps of mergekit-multi do, and the others are numbered from the second.
    """
    seen: set[str] = set()
    for number, block in enumerate(blocks, 1):
        own = _name_within(block.text) if len(blocks) > 1 else None
        title = f"{called} {own}" if own else called
        name = slug(title)
        if name in seen:
            title = f"{called} {number}"
            name = slug(title)
        seen.add(name)
        if not name:
            reason = "its name has neither letters nor digits: give one with --name"
            yield Refused(block.line, called, "no-name", reason)
            continue
        titled = {} if title == name else {"title": title.strip()[:LONGEST_TITLE]}
        yield Found(block.line, name, block.text, titled | about)


def _name_within(text: str) -> str | None:
    """The `name` that a recipe gives itself, if it can be read."""
    try:
        loaded = load_documents(text)
    except RecipeError:
        return None
    data = loaded[0].data if loaded else None
    name = data.get("name") if isinstance(data, dict) else None
    return name if isinstance(name, str) else None
