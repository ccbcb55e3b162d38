"""Model cards: the base models of the front matter, and the recipes in the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mergehub.contracts.domains.vocabulary import known_domains
from mergehub.lineage_files import values
from mergehub.lineage_files.edges import edge_rows, shown
from mergehub.lineage_files.licences import licence_of
from mergehub.lineage_files.names import same
from mergehub.lineage_files.records.parents import Parent, parents_of
from mergehub.lineage_files.rows import MOST_PARENTS, Corrected, Edge, Facts, Row, Skipped
from mergehub.lineage_files.text import whole
from mergehub.lineage_files.words import relation_of, usual_role
from mergehub.recipe import RecipeError
from mergehub.recipe.yaml.document import load_documents

from .blocks import Block, front_matter
from .mentions import Mentions
from .merges import without_place
from .naming import name_of
from .recipes import recipe_rows

LONGEST_CARD = 4 << 20
SOURCE = "model-card"
MERGE_TAGS = frozenset({"merge", "mergekit", "lazymergekit", "mergekit-moe"})


def read_card(path: Path, name: str | None = None, root: Path | None = None) -> Iterator[Row]:
    """The rows of one card, or the reason why it has none.

    `name` is the model's, else the path below `root` or the card itself says it.

    Raises:
        Unreadable: there is no such file, or it is too long.
    """
    text = whole(path, LONGEST_CARD).removeprefix("\ufeff")
    front = front_matter(text)
    notes: list[Row] = []
    about = _fields(front, notes)
    mentions = Mentions(text)
    model, reason = name_of(path, root, about, mentions) if name is None else (name, None)
    yield from notes
    rows: list[Row] = list(recipe_rows(text, front, model, mentions, path.name))
    named = [row.parent for row in rows if isinstance(row, Edge)]
    rows += _base_models(about, model, named, front.line if front else 1, path.name)
    edges = sum(isinstance(row, Edge) for row in rows)
    if edges and reason:
        yield Corrected(1, "child", path.name, model, reason)
    yield from rows
    if not any(isinstance(row, Edge | Skipped) for row in rows):
        why = "the card has neither base_model nor a recipe"
        yield Skipped(1, model, "", why, "no-parent")
    if facts := _facts(about, model):
        yield facts


def _fields(front: Block | None, notes: list[Row]) -> Mapping[str, Any]:
    """The front matter as data; a note if it is not YAML."""
    if front is None:
        return {}
    try:
        documents = load_documents(front.text)
    except RecipeError as error:
        fault = error.faults[0]
        line = front.line + (fault.line or 1) - 1
        reason = f"the front matter is left out: {without_place(fault.message)}"
        notes.append(Corrected(line, "front matter", "", "", reason))
        return {}
    data = documents[0].data if documents else None
    return data if isinstance(data, dict) else {}


def _base_models(
    about: Mapping[str, Any], model: str, named: list[str], line: int, file: str
) -> Iterator[Row]:
    """An edge to each base model of the front matter that no recipe of the card names."""
    told = about.get("base_model", about.get("base_models"))
    parents = {_key(each): each for each in parents_of({"parent": told})}
    if len(parents) > MOST_PARENTS:
        reason = f"a model has at most {MOST_PARENTS} parents, this card names {len(parents)}"
        yield Skipped(line, model, "", reason, "too-many-parents")
        return
    usual, note = _relation(about, len(parents), line)
    if note and parents:
        yield note
    for written, own in parents.values():
        relation = relation_of(shown(own.get("relation"))) or "unknown"
        relation = usual if relation == "unknown" else relation
        rows = edge_rows(
            model, written, line, relation=relation, role=usual_role(relation),
            weight=values.number(own.get("weight")), evidence=values.evidence(f"{file}:{line}"),
            source=SOURCE,
        )  # fmt: skip
        for row in rows:
            if not (isinstance(row, Edge) and any(same(row.parent, each) for each in named)):
                yield row


def _key(parent: Parent) -> str:
    return str(parent.written).lower()


def _relation(about: Mapping[str, Any], parents: int, line: int) -> tuple[str, Corrected | None]:
    """The relation to the base models: stated, or plain from other fields, or unknown."""
    word = shown(next(iter(values.texts(about.get("base_model_relation"))), None))
    relation = relation_of(word)
    if relation is None:
        reason = "this word for a relation is not known"
        return "unknown", Corrected(line, "base_model_relation", word, "unknown", reason)
    if relation == "unknown" and about.get("library_name") == "peft":
        return "adapter", None
    tags = {tag.lower() for tag in values.texts(about.get("tags"))}
    if relation == "unknown" and parents > 1 and tags & MERGE_TAGS:
        return "merge", None
    return relation, None


def _facts(about: Mapping[str, Any], model: str) -> Facts:
    tags = values.texts(about.get("tags"))
    return Facts(model, 1, licence=licence_of(about), domains=known_domains(tags))
