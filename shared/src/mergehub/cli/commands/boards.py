"""`board`."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table

Answer = dict[str, Any]


@click.command()
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@as_json
@click.pass_context
def board(ctx: click.Context, name: str | None, limit: int, raw: bool) -> None:
    """Show a leaderboard.

    Without a NAME, list all boards.
    """
    with hub(ctx) as client:
        answer: Any = client.boards() if name is None else client.board(name, limit)
    if raw:
        show_json(answer)
    elif name is None:
        for each in answer:
            click.echo(f"{each['name']}  {each['summary']}")
    else:
        show(_board_table(answer))


def _board_table(answer: Answer) -> Table:
    columns = [column["benchmark"] for column in answer["columns"]]
    board = table("rank", "model", "method", "mean", *columns)
    for row in answer["items"]:
        scores = (row["scores"].get(column) for column in columns)
        method = row["method"] or ("merge" if row["merged"] else "")
        board.add_row(
            _rank(row["rank"]), row["model"], method, _score(row["mean"]), *map(_score, scores)
        )
    return board


def _rank(rank: Answer | None) -> str:
    if rank is None:
        return "-"
    open_places = f" ({rank['best']}-{rank['worst']})" if rank["best"] != rank["worst"] else ""
    return f"{rank['place']}{open_places}"


def _score(estimate: Answer | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate['value']:.3f} ±{(estimate['high'] - estimate['low']) / 2:.3f}"
