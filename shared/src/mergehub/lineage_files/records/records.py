"""From one line of an edge list, by field, to its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mergehub.lineage_files import values
from mergehub.lineage_files.edges import edge_rows, shown
from mergehub.lineage_files.names import BadName, read_name
from mergehub.lineage_files.rows import MOST_PARENTS, Corrected, Edge, Facts, Row, Skipped
from mergehub.lineage_files.words import (
    has_no_direction,
    leads_to_parent,
    relation_of,
    role_of,
    usual_role,
)

from .parents import Parent, parents_of

Record = Mapping[str, Any]
RESERVED = frozenset({"registry", "manual"})
"""The sources of what this hub's own workers and writers said, which no file can claim to be."""

READERS: Mapping[str, Callable[[Any], Any]] = {
    "method": values.text,
    "weight": values.number,
    "density": values.share,
    "layers": values.layers,
    "child_digest": values.digest,
    "parent_digest": values.digest,
    "made_on": values.day,
    "evidence": values.evidence,
    "source": values.source,
}
FACTS: dict[str, Callable[[Any], Any]] = {
    "architecture": values.text,
    "parameters": values.size,
    "tokenizer": values.text,
    "licence": values.text,
}
OF_MODELS = FACTS.keys() | {"domains"}
ONLY_FACTS = FACTS | {"made_on": values.day}
"""Where there is no edge, the date is the model's."""

_KINDS = {
    "weight": "a number",
    "density": "a number from 0 to 1",
    "layers": "layer ranges",
    "made_on": "a date",
    "parameters": "a count",
    "child_digest": "a digest",
    "parent_digest": "a digest",
}


def rows_of(said: Record, line: int | None, *, is_pair: bool = False) -> Iterator[Row]:
    """The edges and facts of one line, and what was skipped or corrected in it.

    `is_pair` says that the line has two ends, and the word between them may say who is the parent.
    """
    if is_pair:
        said = turned(said)
    child = said.get("child") or said.get("name") or ""
    parents = parents_of(said)
    if fault := _fault(said, parents):
        yield Skipped(line, shown(child), shown(said.get("parent")), *fault)
        return
    notes: list[Row] = []
    edges = 0
    for row in _edges(child, parents, said, line, notes):
        edges += isinstance(row, Edge)
        yield row
    if parents and said.keys().isdisjoint(OF_MODELS):
        yield from notes
        return
    facts = _read(said, FACTS if parents else ONLY_FACTS, line, notes)
    facts["domains"] = values.words(said.get("domains"))
    yield from notes
    if not parents or (edges and any(facts.values())):
        yield from fact_rows(child, line, facts, only_facts=not parents)


def _fault(said: Record, parents: Sequence[Parent]) -> tuple[str, str] | None:
    """Why a line has no edge at all, as a reason and its code."""
    if not parents:
        return None if "name" in said else ("the line names no parent", "no-parent")
    if len(parents) > MOST_PARENTS:
        reason = f"a model has at most {MOST_PARENTS} parents, this line names {len(parents)}"
        return reason, "too-many-parents"
    if "relation" in said and has_no_direction(shown(said["relation"])):
        return "the line does not say which model was made from the other", "no-direction"
    return None


def _edges(
    child: Any, parents: Sequence[Parent], said: Record, line: int | None, notes: list[Row]
) -> Iterator[Row]:
    shared: dict[str, Any] | None = None
    for written, own in parents:
        told = shared
        if own or told is None:
            all_said = {**said, **own} if own else said
            told = _read(all_said, READERS, line, notes) | _kind(all_said, line, notes)
            shared = shared if own else told
        yield from edge_rows(child, written, line, **told)


def turned(said: Record) -> Record:
    """The record with its two ends exchanged, if the word between them says so."""
    if "relation" not in said or not leads_to_parent(shown(said["relation"])):
        return said
    ends = {"child": said.get("parent"), "parent": said.get("child")}
    return {**said, **{end: name for end, name in ends.items() if name is not None}}


def fact_rows(written: Any, line: int | None, facts: Record, *, only_facts: bool) -> Iterator[Row]:
    """The facts about a model, or why they are not read; a line may only say that it exists."""
    try:
        name = read_name(written if isinstance(written, str) else "")
    except BadName as error:
        if only_facts:
            yield Skipped(line, shown(written), "", f"the model: {error}", "bad-name")
        return
    told = Facts(name.text, line, **facts)
    if told or only_facts:
        yield told


def _read(
    said: Record, readers: Mapping[str, Callable[[Any], Any]], line: int | None, notes: list[Row]
) -> dict[str, Any]:
    """The fields that can be read; a note about each of the others."""
    found = {}
    for field, read in readers.items():
        if field not in said:
            continue
        value = read(said[field])
        if value is None:
            reason = f"it cannot be read as {_KINDS.get(field, 'a short text')}, and is left out"
            notes.append(Corrected(line, field, shown(said[field]), "", reason))
        elif field == "source" and value in RESERVED:
            reason = f"only what this hub itself learned has the source {value}"
            notes.append(Corrected(line, field, value, "", reason))
        else:
            found[field] = value
            if field == "source" and value != said[field]:
                reason = "the name of a source has letters, digits, dots, hyphens and underscores"
                notes.append(Corrected(line, field, shown(said[field]), value, reason))
    return found


def _kind(said: Record, line: int | None, notes: list[Row]) -> dict[str, str | bool]:
    """The relation and the role; a word that we do not know means the usual."""
    word = shown(said.get("relation", ""))
    relation = relation_of(word)
    if relation is None:
        reason = "this word for a relation is not known"
        notes.append(Corrected(line, "relation", word, "unknown", reason))
        relation = "unknown"
    if not word and "method" in said:
        relation = "merge"
    usual = usual_role(relation)
    if "role" not in said:
        return {"relation": relation, "role": usual, "role_stated": False}
    role = role_of(shown(said["role"]))
    if role is None:
        reason = "this word for a role is not known"
        notes.append(Corrected(line, "role", shown(said["role"]), usual, reason))
    return {"relation": relation, "role": role or usual, "role_stated": role is not None}
