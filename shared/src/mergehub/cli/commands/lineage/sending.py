"""Sends rows to a hub and gathers what it says about them."""

from __future__ import annotations

import re
from typing import Any

from mergehub.cli.commands.lineage.report import Report
from mergehub.client import HubClient, HubError
from mergehub.client.calls import Call
from mergehub.lineage_files.batches import Batch

PATH = "/v1/graph/imports"
_ROW = re.compile(r"(?:/body)?/(edges|models)/(\d+)\b")


def send(client: HubClient, batch: Batch, source: str, report: Report) -> None:
    """Import a batch. A row that the hub cannot read is reported and left out.

    Raises HubError.
    """
    while len(batch):
        try:
            answer = client.send(_call(batch, source, report.dry_run))
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
