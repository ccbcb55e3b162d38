"""The demo's final table, and whether its claims hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

Row = Mapping[str, Any]
"""A row of a board: `scores` by benchmark and their `mean`, each with value, low and high."""


def score_table(rows: Mapping[str, Row], skills: Sequence[str], items: int) -> Table:
    """Return a table with a line per model: its exact match on each skill, and the mean."""
    table = Table(title=f"Exact match on {items} held-out items per skill, 95 % interval")
    table.add_column("model")
    for column in (*skills, "mean"):
        table.add_column(column, justify="right")
    for label, row in rows.items():
        estimates = [*(row["scores"][skill] for skill in skills), row["mean"]]
        style = "bold green" if label == "merge" else None
        table.add_row(label, *map(_cell, estimates), style=style)
    return table


def _cell(estimate: Mapping[str, float]) -> str:
    return f"{estimate['value']:.3f} [dim]({estimate['low']:.3f}–{estimate['high']:.3f})[/]"


def failed_claims(rows: Mapping[str, Row], specialist_of: Mapping[str, str]) -> list[str]:
    """Return the claims about the merge that do not hold; empty if all hold.

    `specialist_of` maps a skill to the label of its specialist.
    """
    failed = []
    for skill, specialist in specialist_of.items():
        value = {label: row["scores"][skill]["value"] for label, row in rows.items()}
        rivals = {"base", *specialist_of.values()} - {specialist}
        failed += [
            f"the merge does not beat {rival} on {skill}"
            for rival in sorted(rivals)
            if value["merge"] <= value[rival]
        ]
    return failed
