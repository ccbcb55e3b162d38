"""Helpers for tests of result files: a text in, and everything that its reader says."""

from __future__ import annotations

import io
from typing import Any

from mergehub.contracts.results import ResultRow
from mergehub.result_files import Batch, Mapping, read


def batches(text: str | bytes, name: str = "results.csv", **how: Any) -> list[Batch]:
    data = text.encode() if isinstance(text, str) else text
    return list(read(io.BytesIO(data), name=name, **how))


class Said:
    """What a reader says of a text: `rows`, and the reasons by where they are."""

    def __init__(self, text: str | bytes, name: str = "results.csv", **how: Any) -> None:
        found = batches(text, name, **how)
        self.rows = [row for each in found for row in each.rows]
        self.refused = [(each.line, each.why) for batch in found for each in batch.refused]
        self.doubtful = [(each.line, each.why) for batch in found for each in batch.doubtful]
        self.notes = [note for each in found for note in each.notes]
        self.formats = [each.format for each in found]
        self.mapping: Mapping | None = next((each.mapping for each in found if each.mapping), None)

    def values(self, *fields: str) -> list[Any]:
        """The values of the rows, or these fields of them."""
        if not fields:
            return [row.value for row in self.rows]
        return [tuple(getattr(row, field) for field in fields) for row in self.rows]

    @property
    def row(self) -> ResultRow:
        (found,) = self.rows
        return found

    @property
    def why(self) -> str:
        """The only reason that a row is refused or doubtful."""
        ((_, found),) = [*self.refused, *self.doubtful]
        return found
