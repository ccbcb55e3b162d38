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


class Beside:
    """The samples of a file of results; each is read once, when its task is asked for."""

    def __init__(self, found: Found) -> None:
        own = _RESULTS.fullmatch(found.path.rpartition("/")[2])
        date = (own["date"] or own["other"]) if own else None
        self._files: dict[str, Source] = {
            match["task"]: source
            for match, source in found.folder().named(_SAMPLES)
            if date is None or match["date"] in (date, None)
        }
        self._held: dict[str, Items] = {}

    def items_of(self, document: Mapping[str, Any]) -> Callable[[str], Items | None]:
        """What gives the items of a task: from within the results, or from beside them."""
        within = mapping(document.get("samples"))
        own: dict[str, Items] = {}

        def items(task: str) -> Items | None:
            told = within.get(task)
            if isinstance(told, list):
                if task not in own:
                    own[task] = gathered(told)
                return own[task]
            return self._beside(task)

        return items

    def _beside(self, task: str) -> Items | None:
        if task not in self._held and task in self._files:
            self._held[task] = read_items(self._files[task])
        return self._held.get(task)


def results_beside(found: Found) -> bool:
    """Whether a file of results lies beside a file of samples."""
    return bool(found.folder().named(_RESULTS.pattern))
