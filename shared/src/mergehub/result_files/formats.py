"""What a file is, by its first value or line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from mergehub.lineage_files.rows import Skipped
from mergehub.lineage_files.tables.json_values import values
from mergehub.lineage_files.text import lines

from .every_eval_ever.aggregates import is_aggregate
from .every_eval_ever.instances import is_instance
from .lm_eval.results import is_results
from .lm_eval.samples import is_sample
from .sources import Found

LM_EVAL, EVERY_EVAL_EVER, MODEL_INDEX, EVAL_RESULTS, TABLE = FORMATS = (
    "lm-eval", "every-eval-ever", "model-index", "eval-results", "table",
)  # fmt: skip
SAMPLES, INSTANCES = "samples of lm-eval", "instances of every-eval-ever"
DOCUMENTS = (LM_EVAL, EVERY_EVAL_EVER, SAMPLES, INSTANCES)
"""Formats whose files are JSON documents."""
LONGEST_START = 100
Values = Iterator[tuple[int, Any]]


class Recognised(NamedTuple):
    """A format, and the values of the file if it is JSON; `listed`: they are those of one list."""

    format: str
    values: Values | None = None
    listed: bool = False


def recognised(found: Found) -> Recognised:
    """The format of a file. Raises Unreadable if it cannot be read."""
    start = _start(found)
    if start[:1] in ("{", "["):
        return _of_json(values(found.source))._replace(listed=start[:1] == "[")
    name = found.path.rpartition("/")[2].lower()
    if name.endswith((".md", ".markdown")) and not start.startswith("|"):
        return Recognised(MODEL_INDEX)
    if name.endswith((".yaml", ".yml")):
        return Recognised(EVAL_RESULTS)
    if start == "---":
        return Recognised(MODEL_INDEX)
    return Recognised(EVAL_RESULTS if start.startswith("- dataset:") else TABLE)


def _of_json(found: Values) -> Recognised:
    first = next(found, None)
    if first is None:
        return Recognised(TABLE, iter(()))
    whole = chain([first], found)
    value = first[1]
    if not isinstance(value, dict):
        return Recognised(TABLE, whole)
    for format_, fits in _FITTING:
        if fits(value):
            return Recognised(format_, whole)
    return Recognised(TABLE, whole)


_FITTING = (
    (EVERY_EVAL_EVER, is_aggregate), (INSTANCES, is_instance), (SAMPLES, is_sample),
    (LM_EVAL, is_results),
)  # fmt: skip


def _start(found: Found) -> str:
    """The beginning of the first line that is not blank."""
    for line in lines(found.source):
        if not isinstance(line, Skipped):
            return line[1].strip()[:LONGEST_START]
        return ""
    return ""
