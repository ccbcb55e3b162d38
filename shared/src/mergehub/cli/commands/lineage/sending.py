"""Sends rows to a hub and gathers what it says about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from mergehub.cli.commands.lineage.report import Report
from mergehub.cli.connection import was_cut_off
from mergehub.client import HubClient, HubError
from mergehub.client.calls import Call
from mergehub.lineage_files.batches import Batch

PATH = "/v1/graph/imports"
_ROW = re.compile(r"(?:/body)?/(edges|models)/(\d+)\b")


@contextmanager
def saying_how_to_go_on(state: Path | None) -> Iterator[None]:
    """If the hub goes away during the block, say what the same command does when it is back."""
    try:
        yield
    except click.ClickException as error:
        if not was_cut_off(error):
            raise
        then = "goes on there" if state else "sends all again, which adds nothing twice"
        stopped = f"The import stopped; when the hub answers, the same command {then}."
        raise click.ClickException(f"{error.message} {stopped}") from error


def send_all(
    client: HubClient, batches: Iterable[Batch], source: str, report: Report
) -> Iterator[Counter[str]]:
    """Import batches, one after the other; yields after each how many rows are sent of which file.

    While the hub works on one, the next is read. Raises HubError.
    """
    with ThreadPoolExecutor(1) as thread:
        waiting: tuple[Batch, Future[Any]] | None = None
        for batch in batches:
            if waiting is not None:
                yield _finish(client, *waiting, source, report)
            call = _call(batch, source, report.dry_run)
            waiting = batch, thread.submit(client.send, call)
        if waiting is not None:
            yield _finish(client, *waiting, source, report)


def send(client: HubClient, batch: Batch, source: str, report: Report) -> None:
    """Import a batch. Raises HubError."""
    for _ in send_all(client, [batch], source, report):
        pass


def _finish(
    client: HubClient, batch: Batch, answer: Future[Any], source: str, report: Report
) -> Counter[str]:
    rows = batch.by_file
    _learn(client, batch, answer.result, source, report)
    return rows


def _learn(
    client: HubClient, batch: Batch, ask: Callable[[], Any], source: str, report: Report
) -> None:
    """Take in the answer about a batch. A row that the hub cannot read is left out, and reported.

    Raises HubError.
    """
    while len(batch):
        try:
            answer = ask()
        except HubError as error:
            if error.status == 413 and len(batch) > 1:
                for half in batch.halves():
                    send(client, half, source, report)
                return
            if not _left_out(batch, error, report):
                raise
        else:
            report.learn(answer, batch)
            return
        ask = partial(client.send, _call(batch, source, report.dry_run))


def _call(batch: Batch, source: str, dry_run: bool) -> Call[dict[str, Any]]:
    """The request; it is keyed, so that it is sent again if its answer is lost."""
    return Call("POST", PATH, body=batch.body(source, dry_run), keyed=True)


def _left_out(batch: Batch, error: HubError, report: Report) -> bool:
    """Whether the refusal was of single rows, which are left out of the batch now."""
    refused: dict[int, tuple[dict[str, Any], str]] = {}
    for fault in error.faults:
        if found := _ROW.match(fault.pointer):
            rows = batch.edges if found[1] == "edges" else batch.models
            if int(found[2]) < len(rows):
                row = rows[int(found[2])]
                refused.setdefault(row["line"], (row, f"{fault.pointer}: {fault.detail}"))
    for number, (row, why) in refused.items():
        place = batch.place(number)
        report.skip(
            place.file, place.line, row.get("child", row.get("name", "")), row.get("parent", ""),
            f"the hub refuses the row: {why.removeprefix('/body')}", "refused",
        )  # fmt: skip
        batch.without(number)
    return bool(refused)
