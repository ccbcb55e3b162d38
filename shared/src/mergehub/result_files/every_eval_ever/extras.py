"""The fields of a row that the schema of Every Eval Ever has no place of its own for.

They are in `additional_details`, whose values are text, under names that begin with `mergehub_`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mergehub.contracts.results import ResultRow

PREFIX = "mergehub_"
FIELDS = (
    "benchmark", "version", "subtask", "metric", "shots", "chat_template", "task_hash", "seed",
    "of", "limited", "count", "stderr", "revision", "precision", "value", "harness",
    "harness_version", "evaluated_on",
)  # fmt: skip


def told(row: ResultRow) -> dict[str, str]:
    """The fields of a row as texts of JSON."""
    plain = row.model_dump(mode="json", include=set(FIELDS), exclude_none=True)
    return {f"{PREFIX}{name}": json.dumps(plain[name]) for name in FIELDS if name in plain}


def found_in(details: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `told` has written; what is no JSON is left out."""
    found = {}
    for name in FIELDS:
        written = details.get(f"{PREFIX}{name}")
        if isinstance(written, str) and len(written) < 2_000:
            try:
                found[name] = json.loads(written)
            except (ValueError, RecursionError):
                continue
    return found
