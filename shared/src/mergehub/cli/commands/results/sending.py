"""Sends rows of results to a hub and gathers what it says about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from mergehub.cli.importing.bulk import Sending
from mergehub.client import HubClient, HubError
from mergehub.client.calls import Call

from .batches import Batch, Place, each_model_once
from .report import Report

PATH = "/v1/results/imports"
_ROW = re.compile(r"(?:/body)?/results/(\d+)\b")


def send_all(
    client: HubClient, batches: Iterable[Batch], source: str, origin: str, report: Report
) -> Iterator[Batch]:
    """Import batches, one after the other; yields each that is stored. Raises HubError."""

    def call(batch: Batch) -> Call[dict[str, Any]]:
        body = {
            "source": source, "origin": origin, "dry_run": report.dry_run, "results": batch.rows,
        }  # fmt: skip
        return Call("POST", PATH, body=body, keyed=True)

    def leave_out(error: HubError, batch: Batch) -> bool:
        return _left_out(batch, error, report)

    told = each_model_once(batches) if report.dry_run else batches
    yield from Sending(client, call, report.learn, leave_out).all(told)


def _left_out(batch: Batch, error: HubError, report: Report) -> bool:
    """Whether the refusal was of single rows, which are left out of the batch now."""
    refused: dict[int, tuple[dict[str, Any], str]] = {}
    for fault in error.faults:
        found = _ROW.match(fault.pointer)
        if found and int(found[1]) < len(batch.rows):
            row = batch.rows[int(found[1])]
            field = fault.pointer[found.end() :].lstrip("/").replace("/", ".")
            refused.setdefault(row["line"], (row, f"{field}: {fault.detail}"))
    for number, (row, why) in refused.items():
        place = batch.places.get(number, Place("", None))
        report.refuse(place, row, f"the hub refuses the row: {why}")
        batch.without(number)
    return bool(refused)
