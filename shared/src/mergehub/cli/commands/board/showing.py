"""`board show`: a board as a table, as CSV or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.table import Table

from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import HubClient, api

from .as_csv import csv_text
from .bars import bar
from .filters import filters, query

Answer = dict[str, Any]
MOST_AT_ONCE = 200


@click.command("show")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True,
              help=HOW_MANY)  # fmt: skip
@click.option("--sort", help="mean, name, size, date, uplift or a benchmark; -mean reverses.")
@click.option("--column", "chosen", multiple=True, help="Only these benchmarks; repeat it.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with all facts of the models.")
@filters
@as_json
@click.pass_context
def show_board(
    ctx: click.Context,
    /,
    name: str | None,
    limit: int,
    sort: str | None,
    chosen: tuple[str, ...],
    as_csv: bool,
    raw: bool,
    **asked: Any,
) -> None:
    """Show a leaderboard.

    Without a NAME, list all boards with the number of models that each ranks.
    """
    with hub(ctx) as client:
        if name is None:
            _list(client, raw)
            return
        answer = _read(client, name, limit, query(asked | {"sort": sort}))
    columns = _columns(answer, chosen)
    if raw:
        show_json(answer)
    elif as_csv:
        click.echo(csv_text(answer["items"], columns), nl=False)
    else:
        show(_table(answer["items"], columns, (sort or "").removeprefix("-")))
        click.echo(_footer(answer), err=True)
    for each in () if raw else answer["suggestions"]:
        click.echo(_suggestion(each), err=True)


def _list(client: HubClient, raw: bool) -> None:
    found = client.boards()
    if raw:
        show_json(found)
        return
    rows = table("board", "ranked models", "about")
    for each in sorted(found, key=lambda each: not each["ranked"]):
        rows.add_row(each["name"], str(each["ranked"]), each["summary"])
    show(rows)


def _read(client: HubClient, name: str, limit: int, wanted: dict[str, Any]) -> Answer:
    """The first rows of a board, page by page, as one answer."""
    items: list[Answer] = []
    cursor: str | None = None
    while True:
        size = min(limit - len(items), MOST_AT_ONCE)
        page: Answer = _plain(client.send(api.get_board(name, limit=size, cursor=cursor, **wanted)))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or len(items) >= limit:
            return page | {"items": items}


def _plain(answer: Mapping[str, Any]) -> Answer:
    return dict(answer)


def _columns(answer: Answer, chosen: Sequence[str]) -> list[str]:
    """The columns to show. Raises UsageError for one that the board does not have."""
    known = [column["benchmark"] for column in answer["columns"]]
    for each in chosen:
        if each not in known:
            raise click.UsageError(f"The board has no column {each!r}; it has {', '.join(known)}.")
    return [*chosen] or known


def _table(items: Sequence[Answer], columns: Sequence[str], sort: str) -> Table:
    """The rows; with what they are sorted by, also if no table has it otherwise."""
    key = SORTED_BY.get(sort)
    by = [sort] if key else []
    shown = table("rank", "model", "method", "size", "mean", "", *by, *columns)
    for row in items:
        method = row["method"] or ("merge" if row["merged"] else "")
        scores = (_score(row["scores"].get(column)) for column in columns)
        value = row["mean"]["value"] if row["mean"] else None
        sorted_by = [key(row)] if key else []
        shown.add_row(
            *(_rank(row["rank"]), _model(row), method, _size(row)),
            *(_score(row["mean"]), bar(value), *sorted_by, *scores),
        )
    return shown


def _model(row: Answer) -> str:
    flags = f" [{', '.join(row['flags'])}]" if row["flags"] else ""
    precision = f" ({row['precision']})" if row["precision"] else ""
    return f"{row['model']}{precision}{flags}"


def _size(row: Answer) -> str:
    """Billions of parameters; with a mark if only an import claims it."""
    if row["parameters"] is None:
        return "-"
    return f"{row['parameters'] / 1e9:.1f}B" + ("*" if "parameters" in row["claimed"] else "")


def _rank(rank: Answer | None) -> str:
    if rank is None:
        return "-"
    ends = rank["best"], rank["worst"]
    open_places = f" ({ends[0]}-{ends[1]})" if ends[0] != ends[1] else ""
    return f"{rank['place']}{open_places}"


def _score(estimate: Answer | None) -> str:
    if estimate is None:
        return "-"
    if estimate["low"] is None:
        return f"{estimate['value']:.1f}"
    return f"{estimate['value']:.1f} ±{(estimate['high'] - estimate['low']) / 2:.1f}"


def _uplift(row: Answer) -> str:
    return "-" if row["uplift"] is None else f"{row['uplift']:+.1f}"


def _date(row: Answer) -> str:
    return str(row["made_on"] or "-")


SORTED_BY = {"uplift": _uplift, "date": _date}


def _footer(answer: Answer) -> str:
    """How many rows there are, and of which state of the results."""
    claimed = any("parameters" in row["claimed"] for row in answer["items"])
    return (
        f"{len(answer['items'])} of {answer['matching']} rows; {answer['ranked']} have a rank. "
        "A model without all benchmarks has none."
        + (" * An import claims it; lineage does not know." if claimed else "")
        + _age_of_ranks(answer)
    )


def _age_of_ranks(answer: Answer) -> str:
    """Of which results the intervals of ranks are, unless they are of those that are shown."""
    ranks = answer["ranks"]
    if ranks["as_of"] is None or ranks["as_of"] >= answer["as_of"]:
        return ""
    read_at = f"{ranks['read_at'][:16].replace('T', ' ')} UTC"
    return f" Intervals of ranks follow from the results of {read_at}."


def _suggestion(unknown: Answer) -> str:
    hint = f" Did you mean {' or '.join(unknown['near'])}?" if unknown["near"] else ""
    return f"The hub knows no {unknown['filter']} {unknown['value']!r}.{hint}"
