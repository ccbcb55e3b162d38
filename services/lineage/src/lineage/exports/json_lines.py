"""JSON Lines: a line for each model, then one for each of its edges."""

from __future__ import annotations

import json

from lineage.exports.records import Model
from lineage.exports.rows import Row, edge_row, model_row


class JsonLines:
    media_type = "application/x-ndjson"
    suffix = "jsonl"

    def begin(self) -> str:
        return ""

    def model(self, model: Model) -> str:
        edges = (edge_row(model, parent) for parent in model.parents)
        return "".join(map(_line, (model_row(model), *edges)))

    def end(self) -> str:
        return ""


def _line(row: Row) -> str:
    """A row without the fields that are not known."""
    known = {field: value for field, value in row.items() if value is not None}
    return json.dumps(known) + "\n"
