"""`lineage stats`: what is used most, and what is on the rise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import click
from rich.table import Table

from mergehub.cli.commands.lineage.filters import DAY, as_day, filters, of_models, query
from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import show, table
from mergehub.client import HubClient
from mergehub.client.near import near

Answer = Mapping[str, Any]
PATHS = {
    "bases": "/v1/graph/popular",
    "ingredients": "/v1/graph/popular",
    "used": "/v1/graph/popular",
    "methods": "/v1/graph/statistics/methods",
    "risers": "/v1/graph/statistics/risers",
    "pairs": "/v1/graph/statistics/pairs",
}
ROLES = {"bases": "base", "ingredients": "ingredient", "used": "any"}
NOTHING = "Nothing was counted."
NO_BASES = (
    "No source says which parent was a base. `mergehub lineage stats used` counts every parent."
)
FILTERED = "Nothing matches all of the filters."
OF_EVERY = frozenset({"role", "limit"})
"""Parameters that are no filters."""
NO_LIMIT = frozenset({"methods"})
UNKNOWN = "unknown"


@click.command("stats")
@click.argument("what", type=click.Choice(list(PATHS)), default="bases")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help=HOW_MANY)
@filters
@click.option("--until", type=click.DateTime([DAY]), callback=as_day,
              help="Only edges made until this day; for risers, the last day.")  # fmt: skip
@click.option("--days", type=click.IntRange(1, 3660),
              help="For risers: how many days are compared with as many before.")  # fmt: skip
@click.option("--base", help="Only models that were made on this base.")
@of_models
@as_json
@click.pass_context
def stats(
    ctx: click.Context, /, what: str, limit: int, base: str | None, raw: bool, **asked: Any
) -> None:
    """Show what is used most, and what is on the rise.

    WHAT is bases (the most-merged ones), ingredients, used (in either role), methods (by month),
    risers (models whose use grew most) or pairs (ingredients that are used together). Without
    --relation, merges are counted; with --kind, whatever those models were made from.
    """
    asked = query(asked)
    _check(what, asked)
    if what in ROLES:
        asked["role"] = ROLES[what]
    if what not in NO_LIMIT:
        asked["limit"] = limit
    with hub(ctx) as client:
        if base is not None:
            asked["base"] = client.model(base)["id"]
        found = client.get(PATHS[what], **asked)
        why = "" if found["items"] or raw else _nothing(client, what, asked)
    if raw:
        show_json(found["items"])
    elif found["items"]:
        show(TABLES[what](found["items"]))
    else:
        click.echo(why, err=True)


def _nothing(client: HubClient, what: str, asked: Mapping[str, Any]) -> str:
    """Why nothing was counted: for want of statements, or because of the filters."""
    if not asked.keys() - OF_EVERY:
        return NO_BASES if what == "bases" else NOTHING
    methods = asked.get("method", ())
    found = client.get("/v1/graph/facets")["methods"] if methods else ()
    known = [each["value"] for each in found if each["value"]]
    unknown = [_unknown(method, known) for method in methods if method not in known]
    return " ".join([FILTERED, *unknown])


def _unknown(method: str, known: list[str]) -> str:
    listed = f"The graph has {', '.join(known[:20])}." if known else "The graph has none."
    return f"No edge has the method {method}. {near(method, known) or listed}"


def _check(what: str, asked: Mapping[str, Any]) -> None:
    """Raises UsageError if an option does not suit what is counted."""
    if what != "risers" and "days" in asked:
        raise click.UsageError("--days is for risers.")
    if what == "risers" and "since" in asked:
        raise click.UsageError("Risers compare the last --days with those before, without --since.")


def _popular(items: list[Answer]) -> Table:
    listed = table("models", "model", "licence")
    for each in items:
        listed.add_row(str(each["count"]), each["name"], each["licence"] or "")
    return listed


def _methods(items: list[Answer]) -> Table:
    """A row for each month, a column for each method, the most used first."""
    counts = Counter({(each["month"], each["method"]): each["count"] for each in items})
    totals: Counter[str | None] = Counter()
    for (_, method), count in counts.items():
        totals[method] += count
    methods = [method for method, _ in totals.most_common()]
    listed = table("month", *(method or UNKNOWN for method in methods))
    for month in dict.fromkeys(each["month"] for each in items):
        cells = (str(counts[month, method] or "") for method in methods)
        listed.add_row(month or UNKNOWN, *cells)
    return listed


def _risers(items: list[Answer]) -> Table:
    listed = table("lately", "before", "model")
    for each in items:
        listed.add_row(str(each["recent"]), str(each["before"]), each["name"])
    return listed


def _pairs(items: list[Answer]) -> Table:
    listed = table("models", "ingredient", "with")
    for each in items:
        listed.add_row(str(each["count"]), each["one_name"], each["other_name"])
    return listed


TABLES: Mapping[str, Callable[[list[Answer]], Table]] = {
    "bases": _popular, "ingredients": _popular, "used": _popular, "methods": _methods,
    "risers": _risers, "pairs": _pairs,
}  # fmt: skip
