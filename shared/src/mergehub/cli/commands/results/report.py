"""What became of an import's rows: totals, and a line for each that was refused or is doubtful."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from mergehub.cli.output import show, table
from mergehub.result_files import Batch as ReadBatch
from mergehub.result_files.mapping import Mapping as TableMapping
from mergehub.result_files.rows import Doubtful, Refused

from .batches import Batch, Place

COUNTS = ("added", "repeated", "replaced")
FIELDS = ("kind", "file", "line", "place", "model", "benchmark", "why")
KEPT = 100_000
"""The most lines of each kind that are kept in memory; all are counted."""
SHOWN, ALIKE = 20, 5
"""How many lines people see, and how many of those for one benchmark in one file."""
OURS, THEIRS = "of the same thing", "another value of the same"
"""Words of a contradiction within a file, by its reader and by the hub."""
KINDS = {"refused": "Refused", "doubtful": "Doubtful"}


class Report:
    """The report of an import, so far."""

    def __init__(self, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.files = 0
        self.sent_before = 0
        """Rows that an earlier import with the same state has sent."""
        self.rows = 0
        self.totals: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.lines: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
        self._contradicted: set[tuple[str, int | None, str | None, str]] = set()
        self.models_new = 0
        self.benchmarks_new: dict[str, None] = {}
        self.mappings: dict[str, TableMapping] = {}
        self.notes: list[dict[str, str]] = []
        self.unreadable: list[dict[str, str]] = []

    def read(self, batch: ReadBatch) -> None:
        """Note what a reader said beside the rows."""
        for each in batch.refused:
            self._add("refused", _place(batch, each), each.model, each.benchmark, each.why)
        for odd in batch.doubtful:
            if OURS in odd.why:
                self._contradicted.add((batch.file, odd.line, odd.place, odd.benchmark))
            self._add("doubtful", _place(batch, odd), odd.model, odd.benchmark, odd.why)
        self.notes += [{"file": batch.file, "note": each} for each in batch.notes]
        if batch.mapping is not None:
            self.mappings[batch.file] = batch.mapping

    def fail(self, file: str, reason: str) -> None:
        """Note a file that could not be read."""
        self.unreadable.append({"file": file, "reason": reason})

    def learn(self, answer: Mapping[str, Any], batch: Batch) -> None:
        """Add what the hub did with a batch."""
        self.totals.update({name: answer[name] for name in COUNTS})
        if batch.counts_models:
            self.models_new += answer["models_new"]
        self.benchmarks_new |= dict.fromkeys(answer["benchmarks_new"])
        for kind, told in (("refused", answer["skipped"]), ("doubtful", answer["doubtful"])):
            for row in told["items"]:
                place = batch.places.get(row["line"], Place("", None))
                if self._is_known(place, row):
                    continue
                self._add(kind, place, row["model"], row["benchmark"], row["why"])
            self.counts[kind] += told["count"] - len(told["items"])

    def _is_known(self, place: Place, row: Mapping[str, Any]) -> bool:
        """Whether the hub reports a contradiction that the reader of the file has reported."""
        where = place.file, place.line, place.text, row["benchmark"]
        return THEIRS in row["why"].lower() and where in self._contradicted

    def refuse(self, place: Place, row: Mapping[str, Any], why: str) -> None:
        """Note a row that the hub could not read."""
        self._add("refused", place, str(row.get("model")), str(row.get("benchmark")), why)

    def _add(self, kind: str, place: Place, model: str, benchmark: str, why: str) -> None:
        self.counts[kind] += 1
        if len(self.lines[kind]) < KEPT:
            self.lines[kind].append({
                "file": place.file, "line": place.line, "place": place.text or place.file,
                "model": model, "benchmark": benchmark, "why": why,
            })  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "dry_run": self.dry_run, "files": self.files, "rows": self.rows,
            "sent_before": self.sent_before, **{name: self.totals[name] for name in COUNTS},
            **{kind: {"count": self.counts[kind], "items": self.lines[kind]} for kind in KINDS},
            "models_new": self.models_new, "benchmarks_new": list(self.benchmarks_new),
            "mappings": {file: each.stated() for file, each in self.mappings.items()},
            "notes": self.notes, "unreadable": self.unreadable,
        }  # fmt: skip

    def write(self, path: Path) -> None:
        """Write a line of CSV for each row that was refused or is doubtful."""
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                written = csv.DictWriter(file, FIELDS, lineterminator="\n")
                written.writeheader()
                for kind in KINDS:
                    written.writerows({"kind": kind, **each} for each in self.lines[kind])
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error

    def print(self, *, everything: bool) -> None:
        """The report for people; only the first lines of each kind, unless they want everything."""
        if self.files > len(self.unreadable):
            self._print_totals()
        for file, mapping in self.mappings.items():
            if self.dry_run:
                click.echo(f"\nThe mapping that was guessed for {file}; --mapping takes another:")
                click.echo(yaml.safe_dump(mapping.stated(), sort_keys=False, allow_unicode=True))
        for each in self.notes:
            click.echo(f"Note on {each['file']}: {each['note']}.")
        for kind, title in KINDS.items():
            self._print_lines(title, self.lines[kind], self.counts[kind], everything)
        for each in self.unreadable:
            click.echo(f"Not read: {each['reason']}", err=True)
        if self.sent_before:
            click.echo(f"\n{self.sent_before} more rows had been sent before, says --state.")
        if self.dry_run:
            click.echo("\nNothing was stored: this was a dry run.")

    def _print_totals(self) -> None:
        totals = table("rows", *COUNTS, "refused", "doubtful", "new models", "new benchmarks")
        counts = [self.totals[name] for name in COUNTS] + [self.counts[kind] for kind in KINDS]
        new = ", ".join(self.benchmarks_new) or "none"
        totals.add_row(str(self.rows), *map(str, counts), str(self.models_new), new)
        show(totals)

    def _print_lines(
        self, title: str, lines: list[dict[str, Any]], count: int, everything: bool
    ) -> None:
        if not count:
            return
        click.echo(f"\n{title}: {count}")
        shown = lines if everything else list(_first(lines))
        listed = table("where", "model", "benchmark", "why")
        for row in shown:
            listed.add_row(row["place"], row["model"], row["benchmark"], row["why"])
        show(listed)
        if len(shown) < count:
            how = "" if everything else "; --all shows them, --report writes them to a file"
            click.echo(f"and {count - len(shown)} more{how}")


def _first(lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The first rows, and of those of one column of one file not more than some."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in lines:
        key = row["file"], row["benchmark"]
        seen[key] += 1
        if seen[key] <= ALIKE:
            yield row
        if sum(min(each, ALIKE) for each in seen.values()) >= SHOWN:
            return


def _place(batch: ReadBatch, said: Refused | Doubtful) -> Place:
    return Place(batch.file, said.line, text=said.place)
