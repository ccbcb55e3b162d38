"""The recipes that a model card shows, with what its front matter says of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mergehub.contracts.domains.vocabulary import known_domains
from mergehub.contracts.licences.identifiers import NO_IDENTIFIER, identifier_or_fault
from mergehub.lineage_files import values
from mergehub.lineage_files.cards.blocks import Block, front_matter, is_recipe, recipes
from mergehub.lineage_files.cards.cards import LONGEST_CARD
from mergehub.lineage_files.cards.mentions import Mentions
from mergehub.lineage_files.cards.naming import name_of
from mergehub.lineage_files.licences import licence_of
from mergehub.lineage_files.text import whole
from mergehub.recipe import RecipeError
from mergehub.recipe.yaml.document import load_documents

from .naming import named
from .rows import LONGEST_DESCRIPTION, Refused, Row, tags_of


def read_card(path: Path, root: Path | None, name: str | None) -> Iterator[Row]:
    """The recipes of one card, or the reason why it has none.

    Raises:
        Unreadable: there is no such file, or it is too long.
    """
    text = whole(path, LONGEST_CARD).removeprefix("\ufeff")
    front = front_matter(text)
    about = _fields(front)
    called = name or name_of(path, root, about, Mentions(text))[0].rpartition("/")[2]
    blocks = list(recipes(text, front))
    if not blocks and front and is_recipe(front.text):
        blocks = [front]
    if not blocks:
        yield Refused(1, called, "no-recipe", "the card shows no recipe")
    yield from named(blocks, called, _about(about, _prose(text, front)))


def about_card(text: str) -> dict[str, Any]:
    """What a card says of the recipe beside it."""
    front = front_matter(text)
    return _about(_fields(front), _prose(text, front))


def _fields(front: Block | None) -> Mapping[str, Any]:
    """The front matter as data; none if it is not YAML."""
    try:
        loaded = load_documents(front.text) if front else []
    except RecipeError:
        return {}
    data = loaded[0].data if loaded else None
    return data if isinstance(data, dict) else {}


def _about(card: Mapping[str, Any], prose: str) -> dict[str, Any]:
    words = values.texts(card.get("tags"))
    about = {
        "description": prose,
        "tags": tags_of(words),
        "domains": tags_of(list(known_domains(words))),
        "licence": _licence(licence_of(card)),
    }
    return {field: value for field, value in about.items() if value}


def _licence(stated: str | None) -> str | None:
    try:
        return None if stated is None else identifier_or_fault(stated)
    except ValueError:
        return NO_IDENTIFIER


def _prose(text: str, front: Block | None) -> str:
    """The card below its front matter, if a recipe's description may be so long."""
    begin = front.line + front.text.count("\n") if front else 0
    prose = "\n".join(text.split("\n")[begin:]).strip()
    return prose if len(prose) <= LONGEST_DESCRIPTION else ""
