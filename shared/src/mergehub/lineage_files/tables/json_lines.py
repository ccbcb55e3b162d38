"""Edge lists and descriptions of models in JSON, in one of many forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mergehub.lineage_files.graphs.node_link import graph_in
from mergehub.lineage_files.model_info import is_model_info, rows_of_model
from mergehub.lineage_files.records.columns import fields_of, is_pair, record, unknown_among
from mergehub.lineage_files.records.records import rows_of
from mergehub.lineage_files.rows import Corrected, Row, Skipped, Unreadable

from .json_shapes import Value, is_tree, of_columns, of_mapping, of_tree, wrapped
from .json_values import values

MOST_UNKNOWN = 100
DEEPEST = 4
OPENLINEAGE = (
    "The file holds OpenLineage events, which are not read. Take an edge list, or a graph in "
    "another format, such as that of `mergehub lineage export --format jsonl`."
)
PAIR = "a pair without names of columns: --columns parent,child says which one is the parent"


def read_json(path: Path, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of a file with one value on each line, or with one list or object.

    An object names a child with its parent or parents, or describes a model, as the Hugging Face
    Hub does it; or it is a whole graph. `columns` names the elements of lists.

    Raises:
        Unreadable: a value that is too long, or is not JSON, or an event of OpenLineage.
    """
    reader = _Reader(columns)
    for line, value in values(path):
        yield from reader.rows(value, line)


class _Reader:
    """It says of each field that is not known only once that it is not read."""

    def __init__(self, columns: Sequence[str] | None) -> None:
        self._columns = columns
        self._seen: set[str] = set()

    def rows(self, value: Any, line: int, depth: int = 0) -> Iterator[Row]:
        """The rows of one value."""
        if isinstance(value, dict):
            yield from self._object(value, line, depth)
        elif isinstance(value, Skipped):
            yield value
        elif isinstance(value, list):
            yield from self._list(value, line, depth)
        else:
            yield Skipped(line, "", "", "this is not a JSON object", "malformed")

    def _list(self, value: list[Any], line: int, depth: int) -> Iterator[Row]:
        if value and not any(isinstance(each, list | dict) for each in value):
            if self._columns is None:
                yield Skipped(line, "", "", PAIR, "no-columns")
            else:
                told = dict(zip(self._columns, value, strict=False))
                yield from self._record(told, fields_of(told), line)
        elif depth < DEEPEST:
            for each in value:
                yield from self.rows(each, line, depth + 1)
        else:
            yield Skipped(line, "", "", "the lists are nested too deeply", "malformed")

    def _object(self, value: Value, line: int, depth: int) -> Iterator[Row]:
        fields = fields_of(value)
        if is_model_info(value):
            yield from rows_of_model(value, line)
        elif _is_edge(value, fields):
            yield from self._record(value, fields, line)
        elif "openlineage.io/" in str(value.get("schemaURL")):
            raise Unreadable(OPENLINEAGE)
        elif graph := graph_in(value):
            yield from graph.rows(line)
        elif is_tree(value):
            yield from self._records(of_tree(value), line)
        elif records := list(of_columns(value)):
            yield from self._records(iter(records), line)
        elif depth < DEEPEST and (held := wrapped(value)):
            for each in held:
                yield from self.rows(each, line, depth + 1)
        elif "parent" in fields or "name" in fields:
            yield from self._record(value, fields, line)
        elif records := list(of_mapping(value)):
            yield from self._records(iter(records), line)
        else:
            yield from self._record(value, fields, line)

    def _records(self, records: Iterator[Value], line: int) -> Iterator[Row]:
        for place, each in enumerate(records, line):
            yield from self._record(each, fields_of(each), place)

    def _record(self, value: Value, fields: Mapping[str, str], line: int) -> Iterator[Row]:
        if len(fields) < len(value):
            yield from self._unknown(value, fields, line)
        yield from rows_of(record(fields, value), line, is_pair=is_pair(fields))

    def _unknown(self, value: Value, fields: Mapping[str, str], line: int) -> Iterator[Row]:
        for column in unknown_among(value, fields):
            if column not in self._seen and len(self._seen) < MOST_UNKNOWN:
                self._seen.add(column)
                reason = "this field is not known, and not read"
                yield Corrected(line, column[:100], "", "", reason)


def _is_edge(value: Value, fields: Mapping[str, str]) -> bool:
    """Whether an object is plainly one line of an edge list, as nearly all are."""
    if "parent" not in fields or "child" not in fields:
        return False
    return not isinstance(value.get(fields["child"]), dict)
