"""The rows of files of JSON documents: of lm-evaluation-harness and of Every Eval Ever."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from mergehub.lineage_files.rows import Skipped
from mergehub.lineage_files.tables.json_values import values

from .every_eval_ever.aggregates import is_aggregate, rows_of_aggregate
from .every_eval_ever.instances import Instances, rows_of_instances
from .formats import EVERY_EVAL_EVER, INSTANCES, LM_EVAL, Recognised, Values
from .lm_eval.beside import Beside, results_beside
from .lm_eval.results import is_results, rows_of_results
from .rows import Noted, Refused, Said
from .sources import Found

NO_MODEL = (
    "samples name no model: import the results_*.json of the same run, with the samples in the "
    "same folder or archive"
)
INSTANCES_OF = "_samples.jsonl"
"""What follows the name of a record in that of its instances."""
ITEMS_OF_OTHER = "its items belong to the results beside it"


def rows_of_documents(found: Found, known: Recognised, model: str | None) -> Iterator[Said]:
    """The rows of all documents of a file."""
    told = known.values or iter(())
    if known.format == LM_EVAL:
        yield from _lm_eval(found, told, model)
    elif known.format == EVERY_EVAL_EVER:
        yield from _every_eval_ever(found, told, model)
    elif known.format == INSTANCES:
        yield from _instances(found, told, model)
    else:
        yield Noted(ITEMS_OF_OTHER) if results_beside(found) else Refused(None, NO_MODEL)


def _lm_eval(found: Found, told: Values, model: str | None) -> Iterator[Said]:
    beside = Beside(found)
    for line, document in told:
        if isinstance(document, dict) and is_results(document):
            yield from rows_of_results(document, model, beside.items_of(document), line)
        else:
            yield _not(line, document, "a file of results")


def _every_eval_ever(found: Found, told: Values, model: str | None) -> Iterator[Said]:
    @cache
    def instances() -> Instances:
        beside = found.folder().get(f"{_stem(found.path)}{INSTANCES_OF}")
        return Instances(value for _, value in values(beside)) if beside else Instances(())

    for line, document in told:
        if isinstance(document, dict) and is_aggregate(document):
            yield from rows_of_aggregate(document, model, instances, line)
        else:
            yield _not(line, document, "an aggregate record")


def _instances(found: Found, told: Values, model: str | None) -> Iterator[Said]:
    """The rows of a file of instances; none if an aggregate beside it has them."""
    name = found.path.rpartition("/")[2]
    record = found.folder().get(f"{name.removesuffix(INSTANCES_OF)}.json")
    first = next(values(record), (0, None))[1] if record else None
    if isinstance(first, dict) and first.get("detailed_evaluation_results"):
        yield Noted(ITEMS_OF_OTHER)
        return
    yield from rows_of_instances(Instances(value for _, value in told), model)


def _not(line: int, value: Any, what: str) -> Refused:
    return Refused(line, value.reason if isinstance(value, Skipped) else f"this is not {what}")


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]
