"""A file of results that is sent as it is: read within limits, then imported as rows are."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from io import BytesIO

from leaderboard.imports import service
from mergehub.contracts.results import (
    MOST_REPORTED,
    MOST_ROWS,
    Reported,
    ReportedRows,
    ResultFileReport,
    ResultImport,
    ResultImportReport,
    ResultRow,
)
from mergehub.kit.database.database import Database
from mergehub.kit.problems.problem import BodyTooLarge, Invalid
from mergehub.result_files.archives import MAGIC
from mergehub.result_files.mapping import BadMapping, Mapping
from mergehub.result_files.reading import UNREADABLE, read
from mergehub.result_files.rows import Doubtful, Refused, Unreadable

MOST_FILE_ROWS = 50_000


class UnreadableFile(Invalid):
    """The file is in no format that results come in, or its mapping is wrong."""

    code, title = "unreadable-file", "The file cannot be read"
    remedy = "Name its `format`, or send a `mapping` of its columns."


@dataclass(frozen=True)
class File:
    """A file, and how it is to be read."""

    content: bytes
    format: str
    mapping: str | None
    model: str | None


@dataclass
class Content:
    """What a file holds; `formats` of it, or of the files in it if it is an archive."""

    asked: str
    archive: bool
    formats: dict[str, None] = field(default_factory=dict)
    rows: list[ResultRow] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    doubtful: list[Doubtful] = field(default_factory=list)
    mapping: Mapping | None = None


async def bring_in(
    database: Database, file: File, asked: ResultImport, account: str
) -> ResultFileReport:
    """Import a file. Raises UnreadableFile and BodyTooLarge."""
    content = await asyncio.to_thread(_content, file, asked.origin)
    rows, reports = content.rows, []
    size = len(rows) or 1 if asked.dry_run else MOST_ROWS  # a dry run takes back all at once
    for begin in range(0, len(rows) or 1, size):
        part = asked.model_copy(update={"results": rows[begin : begin + size]})
        reports.append(await service.bring_in(database, part, account))
    return _report(content, reports)


def _content(file: File, name: str) -> Content:
    content = Content(file.format, file.content.startswith(MAGIC))
    try:
        mapping = None if file.mapping is None else Mapping.parsed(file.mapping)
        for batch in read(
            BytesIO(file.content), name=name, format=file.format, mapping=mapping, model=file.model
        ):
            if batch.format != UNREADABLE:
                content.formats[batch.format] = None
            content.rows += batch.rows
            content.refused += batch.refused
            content.doubtful += batch.doubtful
            content.mapping = content.mapping or batch.mapping
            if len(content.rows) > MOST_FILE_ROWS:
                raise BodyTooLarge(
                    f"The file has more than {MOST_FILE_ROWS:,} scores. "
                    "Import it with `mergehub results import`."
                )
    except (BadMapping, Unreadable) as error:
        raise UnreadableFile(str(error)) from None
    return content


def _report(content: Content, reports: list[ResultImportReport]) -> ResultFileReport:
    return ResultFileReport(
        format=_format(content),
        mapping=content.mapping.stated() if content.mapping else None,
        dry_run=reports[0].dry_run,
        added=sum(each.added for each in reports),
        repeated=sum(each.repeated for each in reports),
        replaced=sum(each.replaced for each in reports),
        skipped=_joined(content.refused, [each.skipped for each in reports]),
        doubtful=_joined(content.doubtful, [each.doubtful for each in reports]),
        models_new=sum(each.models_new for each in reports),
        benchmarks_new=sorted({name for each in reports for name in each.benchmarks_new}),
    )


def _format(content: Content) -> str:
    """What the file was read as: `table`, or `zip of lm-eval, table`."""
    told = ", ".join(sorted(content.formats))
    if content.archive:
        return f"zip of {told or 'unreadable files'}"
    return told or content.asked


def _joined(read: list[Refused] | list[Doubtful], checked: list[ReportedRows]) -> ReportedRows:
    """What the reader and the import say of rows, by file and line."""
    said = [
        Reported(
            line=each.line or 0,
            place=each.place,
            model=each.model,
            benchmark=each.benchmark,
            why=each.why,
        )
        for each in read
    ]
    items = said + [row for each in checked for row in each.items]
    count = len(said) + sum(each.count for each in checked)
    return ReportedRows(count=count, items=sorted(items, key=_order)[:MOST_REPORTED])


def _order(row: Reported) -> tuple[str, int]:
    """By the file, which is the place without its line, then by the line."""
    return (row.place or "").removesuffix(f":{row.line}"), row.line
