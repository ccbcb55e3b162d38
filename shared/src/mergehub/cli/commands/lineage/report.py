"""What became of an import's rows: counts, and a line for each that was skipped or corrected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import click

from mergehub.cli.output import show, table
from mergehub.contracts.lineage_names import composed
from mergehub.lineage_files.batches import Batch
from mergehub.lineage_files.rows import Corrected, Skipped

EDGES = ("added", "known", "strengthened", "weaker", "skipped")
MODELS = ("added", "changed")
KEPT = 100_000
"""The most lines of each kind that are kept in memory; all are counted."""
SHOWN, ALIKE = 20, 5
"""How many lines people see, and how many of those for one reason in one file."""


class Report:
    """The report of an import, so far."""

    def __init__(self, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.files = 0
        self.sent_before = 0
        """Rows that an earlier import with the same state has sent."""
        self.edges: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self._would_add: set[int] = set()
        """By their hashes, the models of earlier answers of a dry run, which has added none."""
        self.counts: Counter[str] = Counter()
        self.skipped: list[dict[str, Any]] = []
        self.corrected: list[dict[str, Any]] = []
        self.unreadable: list[dict[str, str]] = []

    def note(self, file: str, row: Skipped | Corrected) -> None:
        """Note what a reader skipped or corrected."""
        if isinstance(row, Skipped):
            self.edges["skipped"] += 1
            self.skip(file, row.line, row.child, row.parent, row.reason, row.code)
        else:
            self._correct(file, row.line, row.field, row.was, row.now, row.reason)

    def skip(
        self, file: str, line: int | None, child: str, parent: str, reason: str, code: str
    ) -> None:
        self.counts["skipped"] += 1
        if len(self.skipped) < KEPT:
            self.skipped.append({
                "file": file, "line": line, "child": child, "parent": parent,
                "reason": reason, "code": code,
            })  # fmt: skip

    def fail(self, file: str, reason: str) -> None:
        """Note a file that could not be read."""
        self.unreadable.append({"file": file, "reason": reason})

    def learn(self, answer: Mapping[str, Any], batch: Batch) -> None:
        """Add what the hub did with a batch."""
        self.edges.update({name: answer["edges"].get(name, 0) for name in EDGES})
        self.models.update({name: answer["models"].get(name, 0) for name in MODELS})
        if self.dry_run:
            self._count_once(answer.get("would_add", ()))  # an older hub does not say
        for row in answer["skipped"]:
            file, line = batch.place(row["line"])
            told = [row.get(name) or "" for name in ("child", "parent", "reason", "code")]
            self.skip(file, line, *told)
        for row in answer["corrected"]:
            file, line = batch.place(row["line"])
            told = [row.get(name) or "" for name in ("field", "was", "now", "reason")]
            self._correct(file, line, *told)

    def _count_once(self, names: Iterable[str]) -> None:
        """Take back the models among these that an earlier answer has counted."""
        hashes = {hash(composed(name).lower()) for name in names}
        self.models["added"] -= len(hashes & self._would_add)
        self._would_add |= hashes

    def _correct(
        self, file: str, line: int | None, field: str, was: str, now: str, reason: str
    ) -> None:
        self.counts["corrected"] += 1
        if len(self.corrected) < KEPT:
            self.corrected.append({
                "file": file, "line": line, "field": field, "was": was, "now": now,
                "reason": reason,
            })  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "dry_run": self.dry_run,
            "files": self.files,
            "sent_before": self.sent_before,
            "edges": {name: self.edges[name] for name in EDGES},
            "models": {name: self.models[name] for name in MODELS},
            "skipped": self.skipped,
            "corrected": self.corrected,
            "unreadable": self.unreadable,
        }

    def print(self, *, everything: bool) -> None:
        """The report for people; only the first lines of each kind, unless they want everything."""
        if self.files > len(self.unreadable):
            self._counts()
        self._list("Skipped", self.skipped, self.counts["skipped"], everything)
        self._list("Corrected", self.corrected, self.counts["corrected"], everything)
        for each in self.unreadable:
            click.echo(f"Not read: {each['reason']}", err=True)
        if self.sent_before:
            click.echo(
                f"\n{self.sent_before} more rows had been sent before, says the file of --state. "
                "Without it, all are sent."
            )
        if self.dry_run:
            click.echo("\nNothing was stored: this was a dry run.")

    def _counts(self) -> None:
        counted = table("", *EDGES, "changed")
        counted.add_row("edges", *(str(self.edges[name]) for name in EDGES), "")
        counted.add_row("models", str(self.models["added"]), "", "", "", "",
                        str(self.models["changed"]))  # fmt: skip
        show(counted)

    def _list(self, title: str, rows: list[dict[str, Any]], count: int, everything: bool) -> None:
        if not rows:
            return
        click.echo(f"\n{title}: {count}")
        shown = rows if everything else _first(rows)
        listed = table("where", "what", "why")
        for row in shown:
            listed.add_row(_where(row), _what(row), row["reason"])
        show(listed)
        if len(shown) < count:
            how = "" if everything else "; --all shows them"
            click.echo(f"and {count - len(shown)} more{how}")


def _first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first rows, and of those with one reason in one file not more than some."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for row in rows:
        key = row["file"], row.get("code", row.get("field", ""))
        seen[key] += 1
        if seen[key] <= ALIKE:
            found.append(row)
            if len(found) == SHOWN:
                break
    return found


def _where(row: Mapping[str, Any]) -> str:
    return f"{row['file']}:{row['line']}" if row["line"] else str(row["file"])


def _what(row: Mapping[str, Any]) -> str:
    if "field" in row and not row["was"] and not row["now"]:
        return str(row["field"])
    if "field" in row:
        return f"{row['field']}: {row['was']} → {row['now'] or 'nothing'}"
    return f"{row['child']} ← {row['parent']}" if row["parent"] else str(row["child"])
