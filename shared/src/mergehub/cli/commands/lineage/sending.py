"""Sends rows to a hub and gathers what it says about them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from mergehub.cli.commands.lineage.report import Report
from mergehub.cli.importing.bulk import Sending
from mergehub.client import HubClient, HubError
from mergehub.client.calls import Call
from mergehub.lineage_files.batches import Batch

PATH = "/v1/graph/imports"
_ROW = re.compile(r"(?:/body)?/(edges|models)/(\d+)\b")


def send_all(
    client: HubClient, batches: Iterable[Batch], source: str, report: Report
) -> Iterator[Counter[str]]:
    """Import batches, one after the other; yields after each how many rows are sent of which file.

    Raises HubError.
    """
    for batch in _sending(client, source, report).all(batches):
        yield batch.by_file


def send(client: HubClient, batch: Batch, source: str, report: Report) -> None:
    """Import a batch. Raises HubError."""
    _sending(client, source, report).one(batch)


def _sending(client: HubClient, source: str, report: Report) -> Sending[Batch]:
    def call(batch: Batch) -> Call[dict[str, Any]]:
        return Call("POST", PATH, body=batch.body(source, report.dry_run), keyed=True)

    def leave_out(error: HubError, batch: Batch) -> bool:
        return _left_out(batch, error, report)

    return Sending(client, call, report.learn, leave_out)


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
