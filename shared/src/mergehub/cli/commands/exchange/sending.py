"""Sends recipes to a hub and gathers what it says about them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mergehub.cli.importing.bulk import Sending
from mergehub.client import HubClient, HubError
from mergehub.client.calls import Call

from .batches import Batch
from .report import Report

PATH = "/v1/recipes/import"
_ROW = re.compile(r"(?:/body)?/recipes/(\d+)\b")


def send_all(
    client: HubClient, batches: Iterable[Batch], about: dict[str, Any], report: Report
) -> None:
    """Import batches, one after the other. Raises HubError."""

    def call(batch: Batch) -> Call[dict[str, Any]]:
        body = {**about, "dry_run": report.dry_run, "recipes": batch.rows}
        return Call("POST", PATH, body=body, keyed=True)

    def leave_out(error: HubError, batch: Batch) -> bool:
        return _left_out(batch, error, report)

    for _ in Sending(client, call, report.learn, leave_out).all(batches):
        pass


def _left_out(batch: Batch, error: HubError, report: Report) -> bool:
    """Whether the refusal was of single rows, which are left out of the batch now."""
    refused: dict[int, str] = {}
    for fault in error.faults:
        found = _ROW.match(fault.pointer)
        if found and int(found[1]) < len(batch.rows):
            field = fault.pointer[found.end() :].lstrip("/").replace("/", ".")
            refused.setdefault(batch.rows[int(found[1])]["line"], f"{field}: {fault.detail}")
    for number, why in refused.items():
        report.refuse_row(batch.places[number], why)
        batch.without(number)
    return bool(refused)
