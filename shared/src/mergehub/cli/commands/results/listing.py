"""`results list`: the newest results."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import HubClient
from mergehub.client.calls import Call

from .filters import filters, query

PATH = "/v1/results"
MOST_AT_ONCE = 100


@click.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help=HOW_MANY)  # fmt: skip
@filters
@as_json
@click.pass_context
def list_results(ctx: click.Context, /, limit: int, raw: bool, **asked: Any) -> None:
    """List results, the newest first."""
    with hub(ctx) as client:
        found = _found(client, query(asked), limit)
    if raw:
        show_json(found)
    elif found:
        show(_table(found))
    else:
        click.echo("There are no such results.", err=True)


def _found(client: HubClient, wanted: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """At most `limit` results, page by page."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(found) < limit:
        here = {**wanted, "limit": min(limit - len(found), MOST_AT_ONCE), "cursor": cursor}
        call: Call[dict[str, Any]] = Call("GET", PATH, here)
        page = client.send(call)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return found


def _table(results: list[dict[str, Any]]) -> Table:
    shown = table("model", "precision", "benchmark", "metric", "score", "items", "shots", "source")
    for row in results:
        benchmark = f"{row['benchmark']} {row['subtask']}".strip()
        shown.add_row(
            row["model"], row["precision"], benchmark, row["metric"], _score(row),
            _known(row["count"]), _known(row["shots"]), row["source"],
        )  # fmt: skip
    return shown


def _score(row: dict[str, Any]) -> str:
    error = row["stderr"]
    return f"{row['score']['value']:.4f}" + (f" ±{error:.4f}" if error else "")


def _known(value: Any) -> str:
    return "" if value is None else str(value)
