"""The report of an import, as it grows."""

from __future__ import annotations

from collections import Counter

from lineage.imports import names
from lineage.imports.schemas import (
    Correction,
    EdgeCounts,
    ImportReport,
    ModelCounts,
    Skipped,
    SkippedBecause,
)
from lineage.learning.batch import Outcome, Report
from lineage.learning.service import CYCLE

OF_EDGES: dict[SkippedBecause, str] = {
    "self-loop": "The child and the parent are the same model.",
    "cycle": CYCLE,
    "withdrawn": "A moderator has withdrawn this edge; the row is kept beside it.",
}


class Findings:
    """What became of the rows so far."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._models_added: list[str] = []
        self._models_changed = 0
        self._edges_skipped = 0
        self._corrected: list[Correction] = []
        self._skipped: list[Skipped] = []

    def add(self, report: Report) -> None:
        """Count what a transaction has learned."""
        self._outcomes.update(report.outcomes)
        self._models_added += report.added
        self._models_changed += report.models_changed

    def correct(self, line: int, field: str, was: str, now: str) -> None:
        """Note a name that was taken for another one."""
        why = names.why(was, now)
        self._corrected.append(Correction(line=line, field=field, was=was, now=now, reason=why))

    def correct_licence(self, line: int, was: str, now: str) -> None:
        """Note a licence that was taken for one with an identifier."""
        why = "The licence is known by this identifier."
        self._corrected.append(Correction(line=line, field="licence", was=was, now=now, reason=why))

    def skip(self, line: int, code: SkippedBecause, child: str, parent: str | None = None) -> None:
        """Note a row that was not taken in; one about a model has no parent."""
        self._edges_skipped += parent is not None
        reason = OF_EDGES.get(code) or names.faults(child, parent)
        self._skipped.append(
            Skipped(line=line, child=child, parent=parent, code=code, reason=reason)
        )

    def told(self, *, dry_run: bool) -> ImportReport:
        """The report, with its rows in the order of their lines."""
        edges = EdgeCounts(
            added=self._outcomes[Outcome.ADDED],
            known=self._outcomes[Outcome.KNOWN],
            strengthened=self._outcomes[Outcome.STRENGTHENED],
            weaker=self._outcomes[Outcome.WEAKER],
            skipped=self._edges_skipped,
        )
        return ImportReport(
            dry_run=dry_run,
            edges=edges,
            models=ModelCounts(added=len(self._models_added), changed=self._models_changed),
            would_add=self._models_added if dry_run else [],
            corrected=sorted(self._corrected, key=lambda each: each.line),
            skipped=sorted(self._skipped, key=lambda each: each.line),
        )
