"""`import`: recipes from files into a hub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import click

from mergehub.cli.commands.published.options import PRIVATE, UNLISTED
from mergehub.cli.connection import hub
from mergehub.cli.importing.bulk import saying_how_to_go_on
from mergehub.cli.importing.spooled import spooled
from mergehub.cli.json_option import as_json, show_json
from mergehub.lineage_files.reading import File
from mergehub.lineage_files.rows import Unreadable
from mergehub.recipe_files.reading import FORMATS, STANDARD_INPUT, Names, files, read
from mergehub.recipe_files.rows import Found, Row

from .batches import Placed, batches
from .report import Report
from .sending import send_all


class Source(NamedTuple):
    """A file or repository: where it is, how the report calls it, and its rows."""

    place: str
    shown: str
    rows: Iterator[Row]


@click.command("import")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--repository",
    "repositories",
    multiple=True,
    help="A repository of the Hugging Face Hub, as in org/name or org/name@revision; may be "
    "repeated. Its address is HF_ENDPOINT, your token there HF_TOKEN.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", *FORMATS]),
    default="auto",
    show_default=True,
    help="What the files are; auto goes by their names.",
)
@click.option("--name", help="The name of the recipe, if there is one file (else the file's).")
@click.option("--owner", help="The account that the recipes will belong to (else yours).")
@PRIVATE
@UNLISTED
@click.option("--dry-run", is_flag=True, help="Say what would happen, and store nothing.")
@click.option("--all", "everything", is_flag=True, help="Show every recipe, not only the first.")
@as_json
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    repositories: tuple[str, ...],
    format_: str,
    name: str | None,
    owner: str | None,
    visibility: str | None,
    dry_run: bool,
    everything: bool,
    raw: bool,
) -> None:
    """Import recipes from files, or from the Hugging Face Hub, into a hub.

    PATHS are files, folders of them, or - for standard input: recipes in mergekit's YAML, also
    several in a file; model cards in Markdown that show their recipes; JSON Lines that
    `mergehub export` wrote.

    A recipe that the hub has is not added twice, so an import can be repeated; a changed one
    becomes a new version. The report names every refused recipe with its file and line. The exit
    status is 1 if a file could not be read, or if every recipe was refused.
    """
    report = Report(dry_run)
    about = {"owner": owner, "visibility": visibility}
    given = {key: value for key, value in about.items() if value is not None}
    with spooled(paths, STANDARD_INPUT) as found:
        sources = _sources(found, repositories, None if format_ == "auto" else format_, name)
        recipes = batches(_recipes(sources, report))
        with saying_how_to_go_on(None), hub(ctx) as client:
            client.handle()
            send_all(client, recipes, given, report)
    if raw:
        show_json(report.as_json())
    else:
        report.print(everything=everything)
    if report.unreadable or report.refused_all:
        raise click.exceptions.Exit(1)


def _recipes(sources: Iterable[Source], report: Report) -> Iterator[Placed]:
    """The recipes of the sources; what the readers refuse goes to the report."""
    names = Names()
    for source in sources:
        report.files += 1
        try:
            for row in source.rows:
                checked = names.checked(source.place, row)
                if isinstance(checked, Found):
                    yield Placed(source.shown, checked)
                else:
                    report.refuse(source.shown, checked)
        except Unreadable as error:
            report.fail(source.shown, str(error))


def _sources(
    paths: list[Path], repositories: tuple[str, ...], format_: str | None, name: str | None
) -> list[Source]:
    """What is to be imported, each file or repository with its rows."""
    found = [_of_file(file, format_, name) for file in _files(paths)]
    found += [Source(each, each, _of_repository(each, name)) for each in repositories]
    if not found:
        raise click.UsageError("Give PATHS or a --repository.")
    if name is not None and len(found) > 1:
        raise click.UsageError("--name is for one file or repository; here are several.")
    return found


def _of_file(file: File, format_: str | None, name: str | None) -> Source:
    shown = file.path.relative_to(file.root) if file.root else file.path
    return Source(str(file.path), str(shown), read(file, format_, name))


def _of_repository(repository: str, name: str | None) -> Iterator[Row]:
    from mergehub.recipe_files.hugging_face import read_repository  # slow, and seldom needed

    yield from read_repository(repository, name)


def _files(paths: list[Path]) -> list[File]:
    try:
        found = list(files(paths))
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
    if paths and not found:
        raise click.ClickException("There are no files to import in the folder.")
    return found
