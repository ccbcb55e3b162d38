"""What becomes of the rows of an import, as it is found out."""

from __future__ import annotations

from collections.abc import Iterable

from mergehub.contracts.results import MOST_REPORTED, Reported, ReportedRows


class Rows:
    """Rows of which there is something to say."""

    def __init__(self) -> None:
        self._found: dict[int, Reported] = {}
        self.count = 0

    def add(self, line: int, model: str, benchmark: str, why: Iterable[str]) -> None:
        """Report a row, with all that is to be said of it."""
        text = sentence(why)
        there = self._found.get(line)
        if there is None:
            self.count += 1
        else:
            text = f"{there.why} {text}"
        shown = model[:200]
        self._found[line] = Reported(line=line, model=shown, benchmark=benchmark, why=text)

    def told(self) -> ReportedRows:
        """The report, by line."""
        rows = [self._found[line] for line in sorted(self._found)[:MOST_REPORTED]]
        return ReportedRows(count=self.count, items=rows)


def sentence(reasons: Iterable[str]) -> str:
    """The reasons, each as a sentence."""
    return " ".join(f"{each[:1].upper()}{each[1:].rstrip('.')}." for each in reasons)
