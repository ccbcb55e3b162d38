"""From one line of an edge list, by field, to its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mergehub.lineage_files import values
from mergehub.lineage_files.edges import edge_rows, shown
from mergehub.lineage_files.names import BadName, read_name
from mergehub.lineage_files.rows import MOST_PARENTS, Corrected, Edge, Facts, Row, Skipped
from mergehub.lineage_files.words import relation_of, role_of, usual_role

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

_KINDS = {
    "weight": "a number",
    "density": "a number from 0 to 1",
    "layers": "layer ranges",
    "made_on": "a date",
    "parameters": "a count",
    "child_digest": "a digest",
    "parent_digest": "a digest",
}


def rows_of(record: Record, line: int) -> Iterator[Row]:
    """The edges and facts of one line, and what was skipped or corrected in it."""
    parents = record.get("parent", [])
    parents = parents if isinstance(parents, list | tuple) else [parents]
    child = record.get("child") or record.get("name") or ""
    if not parents and "name" not in record:
        yield Skipped(line, shown(child), "", "the line names no parent", "no-parent")
        return
    if len(parents) > MOST_PARENTS:
        reason = f"a model has at most {MOST_PARENTS} parents, this line names {len(parents)}"
        yield Skipped(line, shown(child), "", reason, "too-many-parents")
        return
    notes: list[Row] = []
    if parents:
        told = _read(record, READERS, line, notes) | _kind(record, line, notes)
        facts = _read(record, FACTS, line, notes)
    else:
        told = {}
        facts = _read(record, FACTS | {"made_on": values.day}, line, notes)
    facts["domains"] = values.words(record.get("domains"))
    yield from notes
    edges = 0
    for parent in parents:
        for row in edge_rows(child, parent, line, **told):
            edges += isinstance(row, Edge)
            yield row
    if not parents or (edges and any(facts.values())):
        yield from fact_rows(child, line, facts, only_facts=not parents)


def fact_rows(written: Any, line: int, facts: Record, *, only_facts: bool) -> Iterator[Row]:
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
    record: Record, readers: Mapping[str, Callable[[Any], Any]], line: int, notes: list[Row]
) -> dict[str, Any]:
    """The fields that can be read; a note about each of the others."""
    found = {}
    for field, read in readers.items():
        if field not in record:
            continue
        value = read(record[field])
        if value is None:
            reason = f"it cannot be read as {_KINDS.get(field, 'a short text')}, and is left out"
            notes.append(Corrected(line, field, shown(record[field]), "", reason))
        elif field == "source" and value in RESERVED:
            reason = f"only what this hub itself learned has the source {value}"
            notes.append(Corrected(line, field, value, "", reason))
        else:
            found[field] = value
            if field == "source" and value != record[field]:
                reason = "the name of a source has letters, digits, dots, hyphens and underscores"
                notes.append(Corrected(line, field, shown(record[field]), value, reason))
    return found


def _kind(record: Record, line: int, notes: list[Row]) -> dict[str, str | bool]:
    """The relation and the role; a word that we do not know means the usual."""
    word = shown(record.get("relation", ""))
    relation = relation_of(word)
    if relation is None:
        reason = "this word for a relation is not known"
        notes.append(Corrected(line, "relation", word, "unknown", reason))
        relation = "unknown"
    if not word and "method" in record:
        relation = "merge"
    role = role_of(shown(record["role"])) if "role" in record else None
    usual = usual_role(relation)
    if role is None and "role" in record:
        reason = "this word for a role is not known"
        notes.append(Corrected(line, "role", shown(record["role"]), usual, reason))
    return {"relation": relation, "role": role or usual, "role_stated": role is not None}
