"""How rows are brought in: checked one by one, then stored as a set, or all withdrawn again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.benchmarks.repository import names_there
from leaderboard.facts.models import Source
from leaderboard.facts.resolved import Resolved, resolve
from leaderboard.facts.statement import Measure, Origin, Statement
from leaderboard.facts.storing import Newest, alone, newest, replaced, store
from leaderboard.imports import contradictions
from leaderboard.imports.checks import doubts, faults
from leaderboard.imports.measured import Measured, measured
from leaderboard.imports.report import Rows, Where, sentence
from leaderboard.imports.statements import statement
from leaderboard.models import claims
from mergehub.contracts.results import ResultImport, ResultImportReport, ResultRow
from mergehub.kit.database.database import Database

LONGEST_DOUBT = 1000


@dataclass
class Checked:
    """The statements of the rows that may be true, where each is, and what was found."""

    statements: list[Statement] = field(default_factory=list)
    places: list[Where] = field(default_factory=list)
    defined: dict[Measure, int | None] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    skipped: Rows = field(default_factory=Rows)
    doubtful: Rows = field(default_factory=Rows)


async def bring_in(database: Database, body: ResultImport, account: str) -> ResultImportReport:
    """Take in the rows, all in one transaction; a dry run takes in none."""
    origin = Origin(Source[body.source], body.origin, account)
    checked = await asyncio.to_thread(check, body.results, origin)
    async with database.sessions() as session, session.begin() as transaction:
        report = await _store(session, checked, dry_run=body.dry_run)
        if body.dry_run:
            await transaction.rollback()
    return report


def check(rows: Iterable[ResultRow], origin: Origin) -> Checked:
    """The statements of the rows that may be true."""
    checked = Checked()
    for number, row in enumerate(rows, 1):
        where = Where.of(number, row)
        try:
            of = measured(row.benchmark, row.version, row.subtask, row.metric)
        except ValueError as error:
            checked.skipped.add(where, row.model, row.benchmark, [str(error)])
        else:
            _check(checked, row, where, of, origin)
    return checked


def _check(checked: Checked, row: ResultRow, where: Where, of: Measured, origin: Origin) -> None:
    if why := list(faults(row, of)):
        checked.skipped.add(where, row.model, row.benchmark, why)
        return
    odd = list(doubts(row, of))
    if odd:
        checked.doubtful.add(where, row.model, row.benchmark, odd)
    doubt = sentence(odd)[:LONGEST_DOUBT] if odd else None
    checked.statements.append(statement(row, of, origin, doubt))
    checked.places.append(where)
    checked.defined[of.measure] = of.items
    if not of.defined:
        checked.made.add(of.measure.name)


async def _store(session: AsyncSession, checked: Checked, *, dry_run: bool) -> ResultImportReport:
    new = checked.made - await names_there(session, checked.made)
    found = await resolve(session, checked.statements, checked.defined)
    await alone(session)
    before = await newest(session, found.statements)
    rows = await _doubted(session, checked, found.statements, before)
    stored = await store(session, replace(found, statements=rows))
    refused = [
        each for each in zip(checked.places, rows, strict=True) if each[1].fact in stored.refused
    ]
    for where, row in refused:
        why = f"a moderator withdrew it: {stored.refused[row.fact]}"
        checked.skipped.add(where, row.stated.model, row.stated.measure.name, [why])
    back = stored.added.keys() | stored.revived.keys()
    claimed = {row.model.id for row in rows if row.stated.claims and row.fact in back}
    await claims.settle(session, claimed)
    return ResultImportReport(
        dry_run=dry_run,
        added=len(back),
        repeated=len(rows) - len(refused) - len(back),
        replaced=replaced(before, [row for row in rows if row.fact in back]),
        skipped=checked.skipped.told(),
        doubtful=checked.doubtful.told(),
        models_new=len(found.models),
        benchmarks_new=sorted(new),
    )


async def _doubted(
    session: AsyncSession, checked: Checked, statements: Sequence[Resolved], before: Newest
) -> list[Resolved]:
    """The statements, with what each contradicts as its doubt."""
    found = list(statements)
    for place, why in chain(
        contradictions.among(checked.places, statements),
        contradictions.with_others(statements, before),
        await contradictions.with_sizes(session, statements),
        await contradictions.with_lineage(session, statements),
    ):
        stated = found[place].stated
        checked.doubtful.add(checked.places[place], stated.model, stated.measure.name, [why])
        doubt = f"{stated.doubt or ''} {sentence([why])}".strip()[:LONGEST_DOUBT]
        found[place] = found[place]._replace(stated=stated._replace(doubt=doubt))
    return found
