"""How rows are brought in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from lineage.imports import names
from lineage.imports.report import Findings
from lineage.imports.schemas import (
    UNKNOWN,
    ImportCreate,
    ImportedEdge,
    ImportedModel,
    ImportReport,
    SkippedBecause,
)
from lineage.learning.batch import (
    Batch,
    Facts,
    Outcome,
    Report,
    Statement,
    Told,
    states_role,
    usual_role,
)
from lineage.learning.service import learn
from lineage.trust import confidence
from mergehub.contracts.licences import identifier_of
from mergehub.kit.database.database import Database

T = TypeVar("T")
Numbered = tuple[int, T]
"""A row with its line."""

CHUNK: Final = 5000
"""Rows per transaction. Between its statements the process answers other requests."""


async def bring_in(database: Database, body: ImportCreate) -> ImportReport:
    """Take in the rows, in transactions of some thousands; a dry run takes in none."""
    findings = Findings()
    size = len(body.models) + len(body.edges) + 1 if body.dry_run else CHUNK
    for models in _chunks(_models(body, findings), size):
        await _bring_models(database, models, body, findings)
    for edges in _chunks(_edges(body, findings), size):
        await _bring_edges(database, edges, body, findings)
    return findings.told(dry_run=body.dry_run)


async def _bring_models(
    database: Database,
    rows: Sequence[Numbered[ImportedModel]],
    body: ImportCreate,
    findings: Findings,
) -> None:
    batch = Batch(facts=[_facts(row, body.source) for _, row in rows])
    report = await _learn(database, batch, body, findings)
    for line, row in rows:
        now = report.names[row["name"].strip()]
        if now != row["name"]:
            findings.correct(line, "name", row["name"], now)
        licence = row.get("licence")
        if licence is not None and (known := identifier_of(licence)) != licence:
            findings.correct_licence(line, licence, known)


async def _bring_edges(
    database: Database,
    rows: Sequence[Numbered[ImportedEdge]],
    body: ImportCreate,
    findings: Findings,
) -> None:
    batch = Batch([_statement(row, body.source) for _, row in rows])
    report = await _learn(database, batch, body, findings)
    for (line, row), said, outcome in zip(rows, batch.statements, report.outcomes, strict=True):
        child, parent = report.names[said.child], report.names[said.parent]
        if child != row["child"]:
            findings.correct(line, "child", row["child"], child)
        if parent != row["parent"]:
            findings.correct(line, "parent", row["parent"], parent)
        if outcome is Outcome.REFUSED:
            code: SkippedBecause = "self-loop" if child == parent else "cycle"
            findings.skip(line, code, row["child"], row["parent"])
        elif outcome is Outcome.WITHDRAWN:
            findings.skip(line, "withdrawn", row["child"], row["parent"])


async def _learn(
    database: Database, batch: Batch, body: ImportCreate, findings: Findings
) -> Report:
    async with database.transaction() as session:
        report = await learn(session, batch, dry_run=body.dry_run)
    findings.add(report)
    return report


def _chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _models(body: ImportCreate, findings: Findings) -> list[Numbered[ImportedModel]]:
    """The rows about models that have a name, with their lines."""
    rows = []
    for place, row in enumerate(body.models, 1):
        line = _line(row, place)
        if fault := names.fault(row["name"].strip()):
            findings.skip(line, fault, row["name"])
        else:
            rows.append((line, row))
    return rows


def _edges(body: ImportCreate, findings: Findings) -> list[Numbered[ImportedEdge]]:
    """The rows about edges whose ends have names, with their lines."""
    rows = []
    for place, row in enumerate(body.edges, 1):
        line, child, parent = _line(row, place), row["child"], row["parent"]
        if fault := names.fault(child.strip()) or names.fault(parent.strip()):
            findings.skip(line, fault, child, parent)
        else:
            rows.append((line, row))
    return rows


def _line(row: ImportedEdge | ImportedModel, place: int) -> int:
    line = row.get("line")
    return place if line is None else line


def _facts(row: ImportedModel, source: str) -> Facts:
    return Facts(
        name=row["name"].strip(),
        source=source,
        confidence=confidence(source),
        architecture=row.get("architecture"),
        parameters=row.get("parameters"),
        tokenizer=row.get("tokenizer"),
        licence=None if (licence := row.get("licence")) is None else identifier_of(licence),
        domains=tuple(row.get("domains", ())),
        made_on=row.get("made_on"),
    )


def _statement(row: ImportedEdge, of_import: str) -> Statement:
    source, relation = row.get("source") or of_import, row.get("relation", UNKNOWN)
    layers = row.get("layers")
    told = Told(
        relation,
        source,
        confidence(source, relation),
        row.get("method"),
        row.get("weight"),
        row.get("density"),
        None if layers is None else tuple(layers),
        evidence=row.get("evidence"),
        made_on=row.get("made_on"),
        role_stated=states_role(relation, row.get("role")),
    )
    role = row.get("role") or usual_role(relation)
    digests = (row.get("child_digest"), row.get("parent_digest"))
    return Statement(row["child"].strip(), row["parent"].strip(), role, told, *digests)
