"""Rows of a board as CSV, with all facts of the models."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

FACTS = ("method", "family", "precision", "parameters", "licence", "made_on")


def csv_text(items: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """The rows with these benchmarks as columns, below a line of names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "place",
            "best",
            "worst",
            "model",
            "merged",
            *FACTS,
            "claimed",
            "flags",
            "mean",
            "uplift",
            *columns,
        ]
    )
    for row in items:
        rank, mean = row["rank"] or {}, row["mean"] or {}
        scores = ((row["scores"].get(column) or {}).get("value") for column in columns)
        writer.writerow(
            [
                *(rank.get(name) for name in ("place", "best", "worst")),
                row["model"],
                row["merged"],
                *(row[name] for name in FACTS),
                " ".join(row["claimed"]),
                " ".join(row["flags"]),
                mean.get("value"),
                row["uplift"],
                *scores,
            ]
        )
    return text.getvalue()
