"""What becomes of the rows of an import, as it is found out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mergehub.contracts.results import MOST_REPORTED, Reported, ReportedRows, ResultRow


class Where(NamedTuple):
    """The number of a row among all, its line, and its place for people."""

    number: int
    line: int
    place: str | None

    @classmethod
    def of(cls, number: int, row: ResultRow) -> Where:
        """Where a row is; its line is 0 if it has only a place."""
        unstated = number if row.place is None else 0
        return cls(number, unstated if row.line is None else row.line, row.place)

    def __str__(self) -> str:
        return self.place or f"line {self.line}"


class Rows:
    """Rows of which there is something to say."""

    def __init__(self) -> None:
        self._found: dict[int, Reported] = {}
        self.count = 0

    def add(self, where: Where, model: str, benchmark: str, why: Iterable[str]) -> None:
        """Report a row, with all that is to be said of it."""
        text = sentence(why)
        there = self._found.get(where.number)
        if there is None:
            self.count += 1
        else:
            text = f"{there.why} {text}"
        shown = model[:200]
        self._found[where.number] = Reported(
            line=where.line, place=where.place, model=shown, benchmark=benchmark, why=text
        )

    def told(self) -> ReportedRows:
        """The report, in the order of the rows."""
        rows = [self._found[number] for number in sorted(self._found)[:MOST_REPORTED]]
        return ReportedRows(count=self.count, items=rows)


def sentence(reasons: Iterable[str]) -> str:
    """The reasons, each as a sentence."""
    return " ".join(f"{each[:1].upper()}{each[1:].rstrip('.')}." for each in reasons)
