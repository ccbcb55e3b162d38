"""The samples beside a file of results: `samples_TASK_DATE.jsonl` of the same date."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from mergehub.result_files.sources import Found, Source

from .samples import Items, gathered, read_items
from .setup import mapping

_DATE = r"\d{4}-\d\d-\d\dT[\d.:-]+"
_RESULTS = re.compile(
    rf"(?:.*[-_])?results?(?:_(?P<date>{_DATE}))?\.json|.+_(?P<other>{_DATE})\.json"
)
_SAMPLES = rf"samples_(?P<task>.+?)(?:_(?P<date>{_DATE}))?\.jsonl?"


def items_beside(found: Found, document: Mapping[str, Any]) -> Callable[[str], Items | None]:
    """A function that gives the items of a task: from within the results, or from beside them.

    Each file is read once, when its task is asked for.
    """
    within = mapping(document.get("samples"))
    own = _RESULTS.fullmatch(found.path.rpartition("/")[2])
    date = (own["date"] or own["other"]) if own else None
    files: dict[str, Source] = {}
    for match, source in found.named(_SAMPLES):
        if date is None or match["date"] in (date, None):
            files[match["task"]] = source
    held: dict[str, Items] = {}

    def items(task: str) -> Items | None:
        if task not in held:
            told = within.get(task)
            if isinstance(told, list):
                held[task] = gathered(told)
            elif task in files:
                held[task] = read_items(files[task])
            else:
                return None
        return held[task]

    return items


def results_beside(found: Found) -> bool:
    """Whether a file of results lies beside a file of samples."""
    return any(_RESULTS.fullmatch(match[0]) for match, _ in found.named(r".*\.json"))
