"""Rows of one file about the same thing: repeated ones agree, contradicting ones do not."""

from __future__ import annotations

from mergehub.contracts.results import ResultRow
from mergehub.result_files.rows import Doubtful

MOST_REMEMBERED = 500_000
"""At about 250 bytes each; the hub compares the rows of each batch as well."""


class Repeats:
    """Remembers the value of each thing that was measured, up to a number of them."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, str | None]] = {}

    def doubt(self, row: ResultRow) -> Doubtful | None:
        """A doubt about a row that contradicts an earlier one."""
        key = hash((
            row.model.lower(), row.revision, row.precision, row.benchmark, row.version,
            row.subtask, row.metric, row.shots, row.chat_template, row.task_hash, row.evaluated_on,
        ))  # fmt: skip
        known = self._known.get(key)
        if known is None:
            if len(self._known) < MOST_REMEMBERED:
                self._known[key] = row.value, row.place
            return None
        value, place = known
        if value == row.value:
            return None
        why = f"{place or 'another'} says {value:g} of the same thing, this one {row.value:g}"
        return Doubtful(row.line, why, row.model, row.benchmark, row.place)
