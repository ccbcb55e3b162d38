"""Reads the rows of a task's data files as plain JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from merge_worker.evaluate.errors import TaskError


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read the objects of a `.jsonl` file (one per line) or of a `.json` file (one list).

    Raises:
        TaskError: the file is of another kind, or does not contain objects.
    """
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        elif path.suffix == ".json":
            rows = json.loads(text)
        else:
            raise TaskError(f"{path.name}: a data file must be .jsonl or .json.")
    except ValueError as error:
        raise TaskError(f"{path.name} cannot be read as JSON: {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TaskError(f"{path.name} must contain objects, each with the columns of one item.")
    return rows
