"""What became of an import's recipes: counts, and a line for each that was refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import click

from mergehub.cli.output import show, table
from mergehub.recipe_files.rows import Refused

from .batches import Batch, Placed

OUTCOMES = ("published", "version", "known", "refused")
KEPT = 100_000
"""The most refusals that are kept in memory; all are counted."""
SHOWN, FAULTS = 20, 3
"""How many recipes and refusals people see, and how many faults of each."""


class Report:
    """The report of an import, so far."""

    def __init__(self, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.files = 0
        self.counts: Counter[str] = Counter()
        self.recipes: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.unreadable: list[dict[str, str]] = []

    @property
    def refused_all(self) -> bool:
        """Whether there were recipes, and the hub takes none of them."""
        return self.counts.total() == self.counts["refused"] > 0

    def learn(self, answer: Mapping[str, Any], batch: Batch) -> None:
        """Add what the hub did with a batch."""
        for row in answer["brought"]:
            placed = batch.places[row["line"]]
            self.counts[row["outcome"]] += 1
            named = {**row, "name": f"{answer['owner']}/{row['name']}"}
            if len(self.recipes) < KEPT:
                self.recipes.append({**named, "file": placed.file, "line": placed.found.line})
        for row in answer["refused"]:
            placed = batch.places[row["line"]]
            faults = [_fault(placed, fault) for fault in row["errors"]]
            self._refuse(placed.file, placed.found.line, row["name"], row["code"], row["detail"],
                         faults)  # fmt: skip

    def refuse(self, file: str, row: Refused) -> None:
        """Note what a reader refused."""
        self._refuse(file, row.line, row.name, row.code, row.reason)

    def refuse_row(self, placed: Placed, reason: str) -> None:
        """Note a row that the hub could not read."""
        self._refuse(placed.file, placed.found.line, placed.found.name, "invalid", reason)

    def fail(self, file: str, reason: str) -> None:
        """Note a file that could not be read."""
        self.unreadable.append({"file": file, "reason": reason})

    def _refuse(
        self, file: str, line: int, name: str, code: str, reason: str,
        faults: Sequence[dict[str, Any]] = (),
    ) -> None:  # fmt: skip
        self.counts["refused"] += 1
        if len(self.refused) < KEPT:
            self.refused.append({
                "file": file, "line": line, "name": name, "code": code, "reason": reason,
                "faults": list(faults),
            })  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "dry_run": self.dry_run,
            "files": self.files,
            "counts": {name: self.counts[name] for name in OUTCOMES},
            "recipes": self.recipes,
            "refused": self.refused,
            "unreadable": self.unreadable,
        }

    def print(self, *, everything: bool) -> None:
        """The report for people; only the first of each kind, unless they want everything."""
        if self.dry_run:
            click.echo("A dry run, which stores nothing. An import would have this report:\n")
        counted = table("", *OUTCOMES)
        counted.add_row("recipes", *(str(self.counts[name]) for name in OUTCOMES))
        show(counted)
        if self.recipes:
            self._print_recipes(everything)
        if self.refused:
            self._print_refused(everything)
        for each in self.unreadable:
            click.echo(f"Not read: {each['reason']}", err=True)

    def _print_recipes(self, everything: bool) -> None:
        click.echo()
        shown = self.recipes if everything else self.recipes[:SHOWN]
        listed = table("where", "recipe", "outcome")
        for row in shown:
            listed.add_row(f"{row['file']}:{row['line']}", row["name"], row["outcome"])
        show(listed)
        _say_more(self.counts.total() - self.counts["refused"] - len(shown), everything)

    def _print_refused(self, everything: bool) -> None:
        click.echo("\nRefused")
        shown = self.refused if everything else self.refused[:SHOWN]
        listed = table("where", "recipe", "why")
        for row in shown:
            for where, why in _lines(row):
                listed.add_row(where, row["name"], why)
        show(listed)
        _say_more(self.counts["refused"] - len(shown), everything)


def _say_more(left: int, everything: bool) -> None:
    if left > 0:
        click.echo(f"and {left} more{'' if everything else '; --all shows them'}")


def _fault(placed: Placed, fault: Mapping[str, Any]) -> dict[str, Any]:
    """A fault with its line in the file."""
    place = fault["pointer"].partition("#")[2]
    return {**fault, "pointer": place, "line": placed.found.line_of(fault["line"])}


def _lines(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where and why, for the refusal or for each of its first faults."""
    faults = row["faults"][:FAULTS]
    if not faults:
        return [(f"{row['file']}:{row['line']}", row["reason"])]
    return [(f"{row['file']}:{fault['line']}", _why(fault)) for fault in faults]


def _why(fault: Mapping[str, Any]) -> str:
    hint = f" ({fault['suggestion']})" if fault["suggestion"] else ""
    place = f"{fault['pointer']}: " if fault["pointer"] else ""
    return f"{place}{fault['detail']}{hint}"
