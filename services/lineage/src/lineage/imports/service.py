"""How rows are brought in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from lineage.imports import names
from lineage.imports.report import Findings
from lineage.imports.schemas import (
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
from mergehub.kit.database.database import Database

T = TypeVar("T")
Numbered = tuple[int, T]
"""A row with its line."""

CHUNK: Final = 2000
"""Rows per transaction: while one is learned, the process answers no other request."""


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
        findings.correct(line, "name", row.name, report.names[row.name.strip()])


async def _bring_edges(
    database: Database,
    rows: Sequence[Numbered[ImportedEdge]],
    body: ImportCreate,
    findings: Findings,
) -> None:
    batch = Batch([_statement(row, body.source) for _, row in rows])
    report = await _learn(database, batch, body, findings)
    for (line, row), outcome in zip(rows, report.outcomes, strict=True):
        child, parent = report.names[row.child.strip()], report.names[row.parent.strip()]
        findings.correct(line, "child", row.child, child)
        findings.correct(line, "parent", row.parent, parent)
        if outcome is Outcome.REFUSED:
            code: SkippedBecause = "self-loop" if child == parent else "cycle"
            findings.skip(line, code, row.child, row.parent)
        elif outcome is Outcome.WITHDRAWN:
            findings.skip(line, "withdrawn", row.child, row.parent)


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
        line = place if row.line is None else row.line
        if fault := names.fault(row.name.strip()):
            findings.skip(line, fault, row.name)
        else:
            rows.append((line, row))
    return rows


def _edges(body: ImportCreate, findings: Findings) -> list[Numbered[ImportedEdge]]:
    """The rows about edges whose ends have names, with their lines."""
    rows = []
    for place, row in enumerate(body.edges, 1):
        line = place if row.line is None else row.line
        if fault := names.fault(row.child.strip()) or names.fault(row.parent.strip()):
            findings.skip(line, fault, row.child, row.parent)
        else:
            rows.append((line, row))
    return rows


def _facts(row: ImportedModel, source: str) -> Facts:
    return Facts(
        name=row.name.strip(),
        source=source,
        confidence=confidence(source),
        architecture=row.architecture,
        parameters=row.parameters,
        tokenizer=row.tokenizer,
        licence=row.licence,
        domains=tuple(row.domains),
        made_on=row.made_on,
    )


def _statement(row: ImportedEdge, of_import: str) -> Statement:
    source = row.source or of_import
    told = Told(
        relation=row.relation,
        source=source,
        confidence=confidence(source, row.relation),
        method=row.method,
        weight=row.weight,
        density=row.density,
        layers=None if row.layers is None else tuple(row.layers),
        evidence=row.evidence,
        made_on=row.made_on,
        role_stated=states_role(row.relation, row.role),
    )
    role = row.role or usual_role(row.relation)
    digests = (row.child_digest, row.parent_digest)
    return Statement(row.child.strip(), row.parent.strip(), role, told, *digests)
