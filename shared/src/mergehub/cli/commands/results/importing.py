"""`results import`: files into a hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from mergehub.cli.connection import hub
from mergehub.cli.importing.bulk import saying_how_to_go_on
from mergehub.cli.importing.spooled import spooled
from mergehub.cli.importing.state import State
from mergehub.cli.json_option import as_json, show_json
from mergehub.contracts.results import ResultRow
from mergehub.result_files import FORMATS, BadMapping, Mapping, Unreadable, read
from mergehub.result_files.sources import found_at

from .batches import Place, batches
from .files import File, Sent, files
from .report import Report
from .sending import send_all

STANDARD_INPUT = "standard input"
LONGEST_MAPPING = 256 * 1024


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["auto", *FORMATS]),
    default="auto",
    show_default=True,
    help="What the files are; auto goes by their content.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A YAML file that says what the columns of a table mean; else it is guessed.",
)
@click.option("--model", help="The model of files that have results of one.")
@click.option(
    "--source",
    type=click.Choice(["imported", "community"]),
    default="imported",
    show_default=True,
    help="Who measured: others, or you and people you know (community).",
)
@click.option("--origin", help="Where the results come from: a name or URL; else the file's name.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and store nothing.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file that remembers how far the import has come; the same command continues there.",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write each refused or doubtful row to this file, as CSV.",
)
@click.option("--all", "everything", is_flag=True, help="Show every refused and doubtful row.")
@as_json
@click.pass_context
def import_(
    ctx: click.Context,
    paths: tuple[Path, ...],
    format_: str,
    mapping: Path | None,
    model: str | None,
    source: str,
    origin: str | None,
    dry_run: bool,
    state: Path | None,
    report_file: Path | None,
    everything: bool,
    raw: bool,
) -> None:
    """Import results of harnesses, leaderboards and cards.

    PATHS are files, folders of them, ZIP archives, or - for standard input: results and samples of
    lm-evaluation-harness, records of Every Eval Ever, model cards with a model-index,
    .eval_results, and leaderboards as CSV, TSV or JSON. /docs/guides/results on a hub explains
    each.

    A result that the hub knows is not added twice, so an import can be repeated. The report names
    every row that was refused or is doubtful. The exit status is 1 if a file could not be read.
    """
    told = _mapping(mapping)
    report = Report(dry_run)
    with spooled(paths, STANDARD_INPUT) as found:
        reading = _Reading(files(found), State(None if dry_run else state), report)
        reading.how = (format_, told, model)
        origin = origin or _origin(paths)
        with saying_how_to_go_on(state), hub(ctx) as client:
            client.handle()
            for batch in send_all(client, batches(reading.rows()), source, origin, report):
                if not dry_run:
                    reading.sent.add(batch)
    if report_file is not None:
        report.write(report_file)
    if raw:
        show_json(report.as_json())
    else:
        report.print(everything=everything)
    if report.unreadable:
        raise click.exceptions.Exit(1)


class _Reading:
    """The files of an import; what their readers say beside the rows goes to the report."""

    how: tuple[str, Mapping | None, str | None] = ("auto", None, None)

    def __init__(self, found: list[File], state: State, report: Report) -> None:
        self._files, self._report = found, report
        self.sent = Sent(found, state)

    def rows(self) -> Iterator[tuple[Place, ResultRow]]:
        """The rows that are still to send, with their places."""
        for file in self._files:
            self._report.files += 1
            done, number = self.sent.before(file), 0
            try:
                for place, row in self._of(file):
                    number += 1
                    if number > done:
                        self._report.rows += 1
                        yield place, row
                    else:
                        self._report.sent_before += 1
            except Unreadable as error:
                self._report.fail(file.name, str(error))

    def _of(self, file: File) -> Iterator[tuple[Place, ResultRow]]:
        format_, mapping, model = self.how
        found = found_at(file.path, file.name)
        for batch in read(found, format=format_, mapping=mapping, model=model):
            self._report.read(batch)
            for row in batch.rows:
                yield Place(batch.file, row.line, file.name, row.place), row


def _mapping(path: Path | None) -> Mapping | None:
    if path is None:
        return None
    try:
        with path.open(encoding="utf-8") as file:
            return Mapping.parsed(file.read(LONGEST_MAPPING + 1))
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read: {error}.") from error
    except BadMapping as error:
        raise click.ClickException(f"{path}: {error}") from None


def _origin(paths: tuple[Path, ...]) -> str:
    """The name of the only path, or of the first one."""
    name = STANDARD_INPUT if paths[0] == Path("-") else paths[0].resolve().name
    return name[:500] or "files"
