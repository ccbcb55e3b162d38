"""`lineage import-huggingface`: the metadata of models on the Hugging Face Hub into a hub."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mergehub.cli.commands.lineage.report import Report
from mergehub.cli.commands.lineage.sending import send
from mergehub.cli.connection import hub
from mergehub.cli.importing.bulk import saying_how_to_go_on
from mergehub.cli.importing.state import State
from mergehub.cli.json_option import as_json, show_json
from mergehub.cli.lazy import imported
from mergehub.lineage_files.batches import batches
from mergehub.lineage_files.model_info import SOURCE, is_model_info, rows_of_model
from mergehub.lineage_files.rows import Edge, Facts, Skipped, Unreadable

FILE = "huggingface.co"


@click.command("import-huggingface")
@click.option("--author", help="Only models of this user or organisation.")
@click.option("--search", help="Only models whose name contains this text.")
@click.option("--tag", "filter_", help="Only models with this tag, such as mergekit.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many models.")
@click.option(
    "--endpoint", help="The address of the Hugging Face Hub or its mirror (else HF_ENDPOINT)."
)
@click.option(
    "--pause",
    type=click.FloatRange(0.0, 60),
    default=1.0,
    show_default=True,
    help="Seconds between two requests; longer if the Hub asks for it.",
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
def import_huggingface(
    ctx: click.Context,
    /,
    limit: int | None,
    endpoint: str | None,
    pause: float,
    dry_run: bool,
    state: Path | None,
    everything: bool,
    raw: bool,
    **asked: str | None,
) -> None:
    """Import what the Hugging Face Hub says about models.

    It lists models, the newest first, and imports the base models that they name, their licence,
    architecture and size. HF_TOKEN gives a token for the Hub, which it does not need.
    """
    query = {name.rstrip("_"): value for name, value in asked.items() if value is not None}
    report = Report(dry_run)
    remembered = State(None if dry_run else state)
    with saying_how_to_go_on(state), hub(ctx) as client:
        client.handle()
        try:
            listing = _listing(endpoint, query, pause, remembered)
            _import(client, listing, limit, report, remembered, _key(endpoint, query))
        except Unreadable as error:
            report.fail(FILE, str(error))
    if raw:
        show_json(report.as_json())
    else:
        report.print(everything=everything)
    if report.unreadable:
        raise click.exceptions.Exit(1)


def _listing(endpoint: str | None, query: dict[str, str], pause: float, state: State) -> Any:
    """The pages that are still to read, or None if the state says that all were read."""
    at = (state.get(_key(endpoint, query)) or {}).get("next", "")
    if at is None:
        return None
    module = imported("mergehub.lineage_files.hugging_face")
    token = os.environ.get("HF_TOKEN")
    return module.Models(endpoint, query, at=at or None, token=token, pause=pause)


def _import(
    client: Any, listing: Any, limit: int | None, report: Report, state: State, key: str
) -> None:
    """Import page by page; after each, remember where the next one is."""
    if listing is None:
        click.echo("All pages had been imported before, says the file of --state.", err=True)
    read = 0
    for page in listing.pages() if listing else ():
        models = page.models if limit is None else page.models[: limit - read]
        for batch in batches(_rows(models, report)):
            send(client, batch, SOURCE, report)
        read += len(models)
        report.files += 1
        if limit is not None and read >= limit:
            return
        state.put(key, {"next": page.next})
        state.keep()
        click.echo(f"{read} models", err=True)


def _rows(models: list[Any], report: Report) -> Iterator[tuple[str, Edge | Facts]]:
    for info in models:
        if not isinstance(info, dict) or not is_model_info(info):
            report.note(FILE, Skipped(None, "", "", "this is no model's information", "malformed"))
            continue
        for row in rows_of_model(info):
            if isinstance(row, Edge | Facts):
                yield FILE, row
            else:
                report.note(FILE, row)


def _key(endpoint: str | None, query: dict[str, str]) -> str:
    """The name of this list of models in a state file."""
    return " ".join([endpoint or "", *(f"{name}={query[name]}" for name in sorted(query))]).strip()
