"""How rows are brought in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeVar

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
from lineage.learning.names import key
from lineage.learning.service import learn
from lineage.trust import confidence
from mergehub.contracts.domains.vocabulary import domains_of
from mergehub.contracts.licences.identifiers import identifier_of
from mergehub.contracts.lineage_names import are_usual
from mergehub.kit.database.database import Database

T = TypeVar("T")
Numbered = tuple[int, T]
"""A row with its line."""

CHUNK: Final = 5000
"""Rows per transaction. Between its statements the process answers other requests."""
DETAILS: Final = {"method", "weight", "density", "layers", "evidence", "made_on"}
"""What few rows say of an edge besides its ends, relation, role and source."""
USUAL: Final = {"child", "parent", "relation", "role", "source", "line"}
"""What most rows say, and no more."""
USUAL_CLAIMS: Final = 256


async def bring_in(database: Database, body: ImportCreate) -> ImportReport:
    """Take in the rows, in transactions of some thousands; a dry run takes in none."""
    findings = Findings()
    models, edges = _models(body, findings), _edges(body, findings)
    if body.dry_run:  # all at once, since a part would not know what another had brought
        await _bring(database, models, edges, body, findings)
    else:
        for part in _chunks(models):
            await _bring(database, part, [], body, findings)
        for rows in _chunks(edges):
            await _bring(database, [], rows, body, findings)
    return findings.told(dry_run=body.dry_run)


async def _bring(
    database: Database,
    models: Sequence[Numbered[ImportedModel]],
    edges: Sequence[Numbered[ImportedEdge]],
    body: ImportCreate,
    findings: Findings,
) -> None:
    dates = _dates(body) if edges else {}
    statements = [_statement(row, body.source, dates) for _, row in edges]
    batch = Batch(statements, [_facts(row, body.source) for _, row in models])
    async with database.transaction() as session:
        report = await learn(session, batch, dry_run=body.dry_run)
    findings.add(report)
    for line, model in models:
        _compare(line, "name", model["name"], report, findings)
        licence = model.get("licence")
        if licence is not None and (known := identifier_of(licence)) != licence:
            findings.correct_licence(line, licence, known)
    for (line, row), outcome in zip(edges, report.outcomes, strict=True):
        child = _compare(line, "child", row["child"], report, findings)
        parent = _compare(line, "parent", row["parent"], report, findings)
        if outcome is Outcome.REFUSED:
            code: SkippedBecause = "self-loop" if child == parent else "cycle"
            findings.skip(line, code, row["child"], row["parent"])
        elif outcome is Outcome.WITHDRAWN:
            findings.skip(line, "withdrawn", row["child"], row["parent"])


def _compare(line: int, field: str, was: str, report: Report, findings: Findings) -> str:
    """The name of the model that a row means; noted if the row writes it in another way."""
    now = report.names.get(was) or report.names[was.strip()]
    if now != was:
        findings.correct(line, field, was, now)
    return now


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


def _models(body: ImportCreate, findings: Findings) -> list[Numbered[ImportedModel]]:
    """The rows about models that have a name, with their lines."""
    rows = []
    for place, row in enumerate(body.models, 1):
        line = _line(row, place)
        if fault := names.fault(row["name"]):
            findings.skip(line, fault, row["name"])
        else:
            rows.append((line, row))
    return rows


def _edges(body: ImportCreate, findings: Findings) -> list[Numbered[ImportedEdge]]:
    """The rows about edges whose ends have names, with their lines."""
    numbered = ((_line(row, place), row) for place, row in enumerate(body.edges, 1))
    if are_usual([name for row in body.edges for name in (row["child"], row["parent"])]):
        return list(numbered)
    rows = []
    for line, row in numbered:
        child, parent = row["child"], row["parent"]
        if fault := names.fault(child) or names.fault(parent):
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
        domains=tuple(domains_of(row.get("domains", ()))),
        made_on=row.get("made_on"),
    )


def _dates(body: ImportCreate) -> Mapping[str, date]:
    """When models were made, by the keys of their names, as rows about them say."""
    dated = ((row["name"], row.get("made_on")) for row in body.models)
    return {key(name): made_on for name, made_on in dated if made_on is not None}


def _statement(row: ImportedEdge, of_import: str, dates: Mapping[str, date]) -> Statement:
    """What a row says; the date of its child is also that of the edge, if the row has none."""
    source, relation = row.get("source") or of_import, row.get("relation", UNKNOWN)
    role, claim = _usual(relation, source, row.get("role"))
    child, parent = row["child"].strip(), row["parent"].strip()
    if row.keys() <= USUAL and not dates:
        return Statement(child, parent, role, claim)
    said: Mapping[str, Any] = row
    details = {name: said[name] for name in DETAILS & said.keys() if said[name] is not None}
    if dates and "made_on" not in details:
        details["made_on"] = dates.get(key(row["child"]))
    if details:
        if "layers" in details:
            details["layers"] = tuple(details["layers"])
        claim = claim._replace(**details)
    digests = (row.get("child_digest"), row.get("parent_digest"))
    return Statement(child, parent, role, claim, *digests)


@lru_cache(USUAL_CLAIMS)
def _usual(relation: str, source: str, role: str | None) -> tuple[str, Told]:
    """The role and the claim of the rows that say nothing else: they share it."""
    trusted, stated = confidence(source, relation), states_role(relation, role)
    return role or usual_role(relation), Told(relation, source, trusted, role_stated=stated)
