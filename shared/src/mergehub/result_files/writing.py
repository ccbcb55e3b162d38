"""Rows as text in the formats that can be written, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from mergehub.contracts.results import ResultRow

from .every_eval_ever.writing import every_eval_ever
from .hugging_face.writing import model_index
from .lm_eval.writing import lm_eval
from .tables.writing import csv_text, json_text

Writer = Callable[[Iterable[ResultRow]], Iterator[str]]
WRITERS: dict[str, Writer] = {
    "csv": csv_text,
    "jsonl": json_text,
    "every-eval-ever": every_eval_ever,
    "lm-eval": lm_eval,
    "model-index": model_index,
}
WRITABLE = tuple(WRITERS)
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "every-eval-ever": "application/x-ndjson",
    "lm-eval": "application/x-ndjson",
    "model-index": "text/markdown; charset=utf-8",
}
"""What each format is called over HTTP."""


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def written(rows: Iterable[ResultRow], format: str) -> Iterator[str]:
    """The text of rows, in pieces; no more than the rows of one model are held.

    Rows of one model must follow each other, for the formats that have a record for each model.

    Raises:
        KeyError: there is no such format; `WRITABLE` lists them.
    """
    return WRITERS[format](rows)


def write(rows: Iterable[ResultRow], format: str, out: Writable) -> None:
    """Write rows to a text file. Raises KeyError."""
    for piece in written(rows, format):
        out.write(piece)
