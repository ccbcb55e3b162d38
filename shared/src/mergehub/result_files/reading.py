"""Reads any file of results, whatever it is, in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from mergehub.contracts.results import LONGEST_PLACE, MOST_ROWS, ResultRow

from . import archives
from .documents import rows_of_documents
from .formats import DOCUMENTS, FORMATS, MODEL_INDEX, TABLE, Recognised, recognised
from .hugging_face.cards import rows_of_card
from .hugging_face.eval_results import rows_of_eval_results
from .mapping import Mapping
from .repeats import Repeats
from .rows import Batch, Doubtful, Noted, Refused, Said, Unreadable, place_of, shown
from .sources import Found, found_at, in_memory
from .tables.csv_table import csv_lines
from .tables.json_table import json_lines
from .tables.pointers import Pointers
from .tables.reader import read_table

__all__ = ["FORMATS", "UNREADABLE", "read"]

UNREADABLE = "unreadable"
"""The format of a file in an archive that cannot be read."""
MOST_REPORTED = 100_000
"""Rows of one file that are refused or doubtful; a file with more is something else."""


def read(
    source: BinaryIO | Path | Found,
    *,
    name: str | None = None,
    format: str = "auto",
    mapping: Mapping | None = None,
    model: str | None = None,
) -> Iterator[Batch]:
    """The rows of a file, or of all files in a ZIP archive, in batches of at most 10,000.

    `name` is the file's for messages, and may have folders that name a model. `mapping` is for
    tables. `model` is the name of the model of a file that has results of one.

    Raises:
        Unreadable: it cannot be read at all. In an archive, the other files still are.
    """
    found = _found(source, name)
    if archives.is_archive(found.source):
        return _of_archive(found, format, mapping, model)
    if found.path.lower().endswith(".zip"):
        raise Unreadable(f"{found.source.name} is not a ZIP archive.")
    return _batches(found, format, mapping, model, Repeats())


def _found(source: BinaryIO | Path | Found, name: str | None) -> Found:
    if isinstance(source, Found):
        return source
    if isinstance(source, Path):
        return found_at(source, name)
    return in_memory(source, name or "file")


def _of_archive(
    found: Found, format_: str, mapping: Mapping | None, model: str | None
) -> Iterator[Batch]:
    """The batches of each file; one that cannot be read is reported as refused."""
    repeats, any_file = Repeats(), False
    for member in archives.members(found.source, found.path):
        any_file = True
        try:
            yield from _batches(member, format_, mapping, model, repeats)
        except Unreadable as error:
            refused = Refused(None, str(error), place=member.path[:LONGEST_PLACE])
            yield Batch(member.path, UNREADABLE, refused=[refused])
    if not any_file:
        raise Unreadable(f"{found.source.name} holds no files.")


def _batches(
    found: Found, format_: str, mapping: Mapping | None, model: str | None, repeats: Repeats
) -> Iterator[Batch]:
    known = _as(format_, recognised(found))
    if mapping is not None and known.format != TABLE:
        raise Unreadable(f"{found.source.name} is {known.format}: a mapping is for tables.")
    batch, reported = Batch(found.path, known.format), 0
    for said in _said(found, known, mapping, model):
        reported += isinstance(said, Refused | Doubtful)
        if reported > MOST_REPORTED:
            raise Unreadable(f"{found.source.name}: more than {MOST_REPORTED} rows are odd.")
        _put(batch, said, repeats)
        if len(batch.rows) == MOST_ROWS:
            yield batch
            batch = Batch(found.path, known.format)
    if batch:
        yield batch


def _as(format_: str, known: Recognised) -> Recognised:
    """The file as what the user says that it is."""
    if format_ == "auto":
        return known
    if format_ not in FORMATS:
        raise Unreadable(f"There is no format {format_}. There are: {', '.join(FORMATS)}.")
    return known._replace(format=format_)


def _put(batch: Batch, said: Said | Mapping, repeats: Repeats) -> None:
    match said:
        case ResultRow():
            row = said.model_copy(update={"place": place_of(said, batch.file)})
            batch.rows.append(row)
            if doubt := repeats.doubt(row):
                batch.doubtful.append(doubt)
        case Refused():
            batch.refused.append(replace(said, place=place_of(said, batch.file)))
        case Doubtful():
            batch.doubtful.append(replace(said, place=place_of(said, batch.file)))
        case Noted():
            batch.notes.append(said.text)
        case _:
            batch.mapping = said


def _said(
    found: Found, known: Recognised, mapping: Mapping | None, model: str | None
) -> Iterator[Said | Mapping]:
    if known.format == TABLE:
        if model is not None:
            yield Noted(f"the models are those that the table names, not {shown(model)}")
        yield from _of_table(found, known, mapping)
    elif known.format in DOCUMENTS:
        yield from rows_of_documents(found, known, model)
    elif known.format == MODEL_INDEX:
        yield from rows_of_card(found, model)
    else:
        yield from rows_of_eval_results(found, model)


def _of_table(found: Found, known: Recognised, mapping: Mapping | None) -> Iterator[Said | Mapping]:
    if known.values is None:
        yield from read_table(csv_lines(found.source), found.source.name, mapping)
        return
    pointers = Pointers(listed=known.listed)
    for said in read_table(json_lines(known.values, pointers), found.source.name, mapping):
        yield pointers.put(said)
