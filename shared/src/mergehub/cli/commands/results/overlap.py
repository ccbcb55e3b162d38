"""`results overlap`: which items of an evaluation a text sample contains."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click

from mergehub.cli.importing.spooled import spooled
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.lazy import imported
from mergehub.cli.output import show, table
from mergehub.lineage_files.rows import Unreadable
from mergehub.lineage_files.text import blocks
from mergehub.overlap import Findings, Item, Rule, TooMany, find, item_of, read_items

LISTED, LONGEST = 20, 120


@click.command("overlap")
@click.option(
    "--items",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of items: samples of lm-evaluation-harness, JSON Lines, JSON or CSV.",
)
@click.option("--task", help="A local evaluation task: NAME.yaml in a folder of --tasks.")
@click.option(
    "--tasks",
    "roots",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of local evaluation tasks; repeatable.",
)
@click.option("--field", "fields", multiple=True, help="A field with the item's text; repeatable.")
@click.option(
    "--text",
    "texts",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
    help="A sample of the text, of any length; - is standard input. Repeatable.",
)
@click.option("--window", type=click.IntRange(1, 1000), default=13, show_default=True,
              help="How many words in a row must be the same.")  # fmt: skip
@click.option("--shortest", type=click.IntRange(1, 1000), default=8, show_default=True,
              help="Items of fewer words are not judged.")  # fmt: skip
@as_json
def overlap(
    files: tuple[Path, ...],
    task: str | None,
    roots: tuple[Path, ...],
    fields: tuple[str, ...],
    texts: tuple[Path, ...],
    window: int,
    shortest: int,
    raw: bool,
) -> None:
    """Find evaluation items that a text sample contains.

    The rule is that of the GPT-3 paper: an item overlaps if 13 words in a row are the same, without
    case and punctuation. An item of 8 to 12 words must occur whole.
    """
    if not files and task is None:
        raise click.UsageError("Name the items: --items FILE, or --task NAME with --tasks FOLDER.")
    try:
        rule = Rule(window, min(shortest, window))
        with spooled(texts, "standard input") as paths:
            items = chain(_items(files, fields), _of_task(task, roots, fields))
            found = find(items, _pieces(paths), rule)
    except (Unreadable, TooMany, ValueError) as error:
        raise click.ClickException(str(error)) from None
    if raw:
        show_json(_as_json(found))
    else:
        _print(found)


def _of_task(task: str | None, roots: tuple[Path, ...], fields: tuple[str, ...]) -> list[Item]:
    """The items of a local task: the rows of its test split."""
    if task is None:
        return []
    if not roots:
        raise click.UsageError("--task needs --tasks, the folder that has the task.")
    tasks: Any = imported("merge_worker.evaluate.tasks.local")
    errors: Any = imported("merge_worker.evaluate.errors")
    try:
        found = tasks.load_task(task, roots)
    except errors.TaskError as error:
        raise click.ClickException(str(error)) from None
    split = found.config.get("test_split") or found.config.get("validation_split")
    rows = found.rows.get(str(split), ())
    return [item_of(row, place, fields, task) for place, row in enumerate(rows, 1)]


def _items(paths: tuple[Path, ...], fields: tuple[str, ...]) -> Iterator[Item]:
    for path in paths:
        for item in read_items(path, fields):
            yield Item(f"{path.name}: {item.name}", item.text) if len(paths) > 1 else item


def _pieces(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        yield from blocks(path)
        yield "\n"


def _as_json(found: Findings) -> dict[str, Any]:
    return {
        "rule": str(found.rule), "window": found.rule.window, "shortest": found.rule.shortest,
        "words": found.words, "items": found.items, "judged": found.judged,
        "overlapping": len(found.found), "share": found.share,
        "found": [
            {
                "item": each.item.name, "share": each.share,
                "spans": [
                    {"words": each.shown(hit), "first_word": hit.first, "start": hit.start,
                     "end": hit.end}
                    for hit in each.hits
                ],
            }
            for _, each in sorted(found.found.items())
        ],
    }  # fmt: skip


def _print(found: Findings) -> None:
    count = len(found.found)
    click.echo(
        f"{count} of {found.judged} items overlap with the text ({100 * found.share:.1f} %)."
    )
    click.echo(f"The rule: {found.rule}.")
    if found.judged < found.items:
        click.echo(f"Too short to be judged: {found.items - found.judged} items.")
    if not count:
        return
    listed = table("item", "of its words", "first match")
    best = sorted(found.found.values(), key=lambda each: -each.share)[:LISTED]
    for each in best:
        text = each.shown(each.hits[0])
        shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        listed.add_row(each.item.name, f"{100 * each.share:.0f} %", shown)
    show(listed)
    if count > LISTED:
        click.echo(f"and {count - LISTED} more; --json lists them all")
