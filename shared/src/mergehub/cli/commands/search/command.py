"""`search`: what is asked, and how the answer is printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from mergehub.cli.connection import hub
from mergehub.cli.failures import Faults
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.cli.output import drawn, paged
from mergehub.client import HubClient, api

from .completion import completed
from .faults import pointed
from .tables import facet_table, notes, recipe_table

Answer = dict[str, Any]
MOST_AT_ONCE = 200
MOST_ALIKE = 100
SORTS = ("relevance", "new", "stars", "uplift", "reproductions", "trending")


class Search(click.Command):
    """The command, which explains how a query may begin with a hyphen."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name.startswith("--"):
                raise
            hint = "A query that begins with a hyphen comes after --, as in"
            said = f"{error.format_message()} {hint} `mergehub search -- '-tag:nsfw'`."
            raise click.UsageError(said, ctx) from error


@click.command(cls=Search)
@click.argument("words", metavar="[QUERY]", nargs=-1, shell_complete=completed)
@click.option("--sort", type=click.Choice(SORTS), help="The order; else by relevance or newest.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True,
              help=HOW_MANY)  # fmt: skip
@click.option("--facets", is_flag=True, help="Also count methods, bases, ingredients, tags …")
@click.option("--similar-to", metavar="RECIPE", help="Find recipes like this one instead.")
@click.option("--by", type=click.Choice(["likeness", "ingredients"]),
              help="With --similar-to: alike in general, or the same ingredients.")  # fmt: skip
@as_json
@click.pass_context
def search(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    sort: str | None,
    limit: int,
    facets: bool,
    similar_to: str | None,
    by: str | None,
    raw: bool,
) -> None:
    """Find recipes by words and conditions.

    Put a QUERY into single quotes, such as 'method:ties base:mistral tag:german density<0.5 -nsfw',
    and -- before one that begins with a hyphen. All conditions must hold; the hub explains them at
    /docs/guides/searching. Without a QUERY, all recipes are listed, the newest first.
    """
    if similar_to is not None:
        _refuse_with_similar(words, sort, facets)
        _print_similar(ctx, similar_to, by, limit, raw)
        return
    if by is not None:
        raise click.UsageError("--by needs --similar-to.")
    text = " ".join(words)
    try:
        with hub(ctx) as client:
            answer = _found(client, text, sort, limit)
            counted = client.get("/v1/recipes/facets", q=text) if facets else None
    except Faults as error:
        raise pointed(error, text) from error
    if raw:
        show_json(answer if counted is None else {**answer, "facets": counted["facets"]})
        return
    _print(answer, counted)


def _refuse_with_similar(words: tuple[str, ...], sort: str | None, facets: bool) -> None:
    if words or sort or facets:
        raise click.UsageError("--similar-to takes no QUERY, --sort or --facets.")


def _found(client: HubClient, text: str, sort: Any, limit: int) -> Answer:
    """The first results, page by page, as one answer."""
    items: list[Mapping[str, Any]] = []
    cursor: str | None = None
    first: Answer | None = None
    while True:
        size = min(limit - len(items), MOST_AT_ONCE)
        asked = api.list_recipes(q=text, sort=sort, limit=size, cursor=cursor)
        page: Answer = dict(client.send(asked))
        first = first or page
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or len(items) >= limit:
            return first | {"items": items, "next_cursor": cursor}


def _print(answer: Answer, counted: Mapping[str, Any] | None) -> None:
    tables = [recipe_table(answer["items"])] if answer["items"] else []
    if counted is not None and counted["total"]:
        tables.append(facet_table(counted["facets"]))
    paged("\n\n".join(map(drawn, tables)))
    for note in notes(answer):
        click.echo(note, err=True)


def _print_similar(ctx: click.Context, name: str, by: str | None, limit: int, raw: bool) -> None:
    with hub(ctx) as client:
        recipe = client.recipe(name)
        asked = {"by": by, "limit": min(limit, MOST_ALIKE)}
        answer = client.get(f"/v1/recipes/{recipe['id']}/similar", **asked)
    if raw:
        show_json(answer["items"])
    elif answer["items"]:
        paged(drawn(recipe_table(answer["items"])))
    else:
        like = "merges exactly the models of" if by == "ingredients" else "is like"
        click.echo(f"No other recipe {like} {name}.", err=True)
