"""`lineage import`: files into a hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mergehub.cli.commands.lineage.progress import Progress
from mergehub.cli.commands.lineage.report import Report
from mergehub.cli.commands.lineage.sending import send_all
from mergehub.cli.connection import hub
from mergehub.cli.importing.bulk import saying_how_to_go_on
from mergehub.cli.importing.spooled import spooled
from mergehub.cli.importing.state import State
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import HubClient
from mergehub.lineage_files.batches import batches
from mergehub.lineage_files.reading import (
    EDGE_LIST,
    FORMATS,
    STANDARD_INPUT,
    File,
    How,
    files,
    read,
)
from mergehub.lineage_files.rows import Edge, Facts, Unreadable


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", *FORMATS]),
    default="auto",
    show_default=True,
    help="What the files are; auto goes by their names, then by their first lines.",
)
@click.option("--name", help="The name of the model that the one card or recipe describes.")
@click.option(
    "--columns",
    help="The columns of a table without a header, or instead of it: parent,child,…",
)
@click.option(
    "--source", default=EDGE_LIST, show_default=True, help="The source of edges that name none."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and store nothing.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file that remembers how far the import has come; the same command continues there.",
)
@click.option("--all", "everything", is_flag=True, help="Show every skipped and corrected row.")
@as_json
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    format_: str,
    name: str | None,
    columns: str | None,
    source: str,
    dry_run: bool,
    state: Path | None,
    everything: bool,
    raw: bool,
) -> None:
    """Import edge lists, graphs, model cards and recipes into a hub.

    PATHS are files, folders of them, or - for standard input: edge lists as CSV or JSON, graphs as
    GraphML or GEXF, model cards in Markdown, recipes in mergekit's YAML (with --name).
    /docs/guides/lineage on a hub lists all forms that are read.

    An edge that the hub knows is not added twice, so an import can be repeated. The report names
    every row that was skipped or corrected. The exit status is 1 if a file could not be read.
    """
    how = How(None if format_ == "auto" else format_, name, _columns(columns))
    report = Report(dry_run)
    with spooled(paths, STANDARD_INPUT) as found:
        progress = Progress(_files(found, name), State(None if dry_run else state))
        with saying_how_to_go_on(state), hub(ctx) as client:
            client.handle()
            _import(client, progress, how, source, report)
    if raw:
        show_json(report.as_json())
    else:
        report.print(everything=everything)
    if report.unreadable:
        raise click.exceptions.Exit(1)


def _import(client: HubClient, progress: Progress, how: How, source: str, report: Report) -> None:
    """Send all rows; after each batch, remember how many of which file are sent."""
    for rows in send_all(client, batches(_rows(progress, how, report)), source, report):
        progress.sent(rows)
        progress.show()


def _rows(progress: Progress, how: How, report: Report) -> Iterator[tuple[str, Edge | Facts]]:
    """The rows of the files that are still to send; what else readers say goes to the report."""
    for name, file, done in progress.files():
        report.files += 1
        number = 0
        try:
            for row in read(file, how):
                if not isinstance(row, Edge | Facts):
                    report.note(name, row)
                    continue
                number += 1
                if number > done:
                    yield name, row
                else:
                    report.sent_before += 1
        except Unreadable as error:
            report.fail(name, str(error))


def _files(paths: list[Path], name: str | None) -> list[File]:
    try:
        found = list(files(paths))
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    if not found:
        raise click.ClickException("There are no files to import in the folder.")
    if name is not None and len(found) > 1:
        raise click.UsageError("--name is for one card or recipe; here are several files.")
    return found


def _columns(text: str | None) -> tuple[str, ...] | None:
    return tuple(each.strip() for each in text.split(",")) if text else None
