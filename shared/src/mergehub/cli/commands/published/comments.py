"""`comments` and `comment`: the threads of a recipe, read and written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

import click

from mergehub.cli.commands.published.named import recipe_of
from mergehub.cli.connection import hub
from mergehub.cli.json_option import HOW_MANY, as_json, show_json
from mergehub.client import HubClient, api

INDENT = "    "
REMOVED = {
    "author": "(removed by its author)",
    "moderator": "(removed by a moderator)",
}


@click.command()
@click.argument("recipe")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=100, show_default=True, help=HOW_MANY
)
@as_json
@click.pass_context
def comments(ctx: click.Context, recipe: str, limit: int, raw: bool) -> None:
    """Show the comments on a recipe.

    Each thread is followed by its answers, which are indented, the oldest first.
    """
    with hub(ctx) as client:
        call = api.list_comments(recipe_of(client, recipe)["id"], limit=min(limit, 200))
        found = list(map(dict, islice(client.hub.pages(call), limit)))
    if raw:
        show_json(found)
        return
    for each in found:
        click.echo("\n".join(_lines(each)))


@click.command()
@click.argument("recipe")
@click.argument("text", required=False)
@click.option("--answer", type=click.IntRange(1), help="The number of the comment to answer.")
@click.option("--edit", type=click.IntRange(1), help="The number of your comment to change.")
@click.option("--remove", type=click.IntRange(1), help="The number of the comment to remove.")
@as_json
@click.pass_context
def comment(
    ctx: click.Context,
    recipe: str,
    text: str | None,
    answer: int | None,
    edit: int | None,
    remove: int | None,
    raw: bool,
) -> None:
    """Comment on a recipe, or change or remove a comment.

    TEXT is Markdown, or - for standard input. You can remove your own comments, and all on recipes
    that you may change.
    """
    if sum(each is not None for each in (answer, edit, remove)) > 1:
        raise click.UsageError("Give only one of --answer, --edit and --remove.")
    if (text is None) != (remove is not None):
        raise click.UsageError(
            "Give the text of the comment, or - for standard input; none with --remove."
        )
    words = sys.stdin.read() if text == "-" else text or ""
    with hub(ctx) as client:
        known = recipe_of(client, recipe)["id"]
        if remove is not None:
            client.send(api.remove_comment(known, remove))
            show_json({"number": remove, "removed": True}) if raw else click.echo("removed")
            return
        made = _written(client, known, words, answer, edit)
    show_json(made) if raw else click.echo(f"comment {made['number']}")


def _written(
    client: HubClient, recipe: str, text: str, answer: int | None, edit: int | None
) -> dict[str, Any]:
    if edit is not None:
        return dict(client.send(api.edit_comment(recipe, edit, {"text": text})))
    body: Any = {"text": text, "parent": answer}
    return dict(client.send(api.add_comment(recipe, body)))


def _lines(comment: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a comment, without what a terminal would act on."""
    from mergehub.recipe.faults import printable

    indent = INDENT if comment["parent"] is not None else ""
    edited = "  (edited)" if comment["edited_at"] else ""
    author = click.style(comment["author"] or "–", bold=True)
    yield f"{indent}{comment['number']}  {author}  {_time(comment['created_at'])}{edited}"
    words = comment["text"] or REMOVED[comment["removed_by"]]
    for line in words.splitlines():
        yield f"{indent}{INDENT}{printable(line)}".rstrip()
    yield ""


def _time(moment: str) -> str:
    """A time in this machine's zone, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
