"""The rows of a file of results (`results_*.json`), of old and new harnesses.

The forms are those of lm-evaluation-harness 0.3 to 0.4 and of lighteval, as Open LLM Leaderboard
v1 published them (`harness|arc:challenge|25`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from mergehub.contracts.results import ResultRow
from mergehub.result_files import values
from mergehub.result_files.naming import Named, task_named
from mergehub.result_files.rows import Doubtful, Refused, Said, row_of, shown, within

from .metrics import OLD_TASKS, Measured, measured
from .samples import Items
from .setup import conditions, limit, model_of
from .tasks import Tasks

SUBJECT = "hendrycksTest-"
OLD_SUBJECT = f"harness|{SUBJECT}"
SUBJECTS = 57
ItemsOf = Callable[[str], Items | None]
"""The items of a task, from the file of samples beside the results."""


def is_results(document: Mapping[str, Any]) -> bool:
    """Whether an object is a file of results of the harness."""
    results = document.get("results")
    marks = ("versions", "config", "configs", "config_general", "n-shot", "lm_eval_version")
    return isinstance(results, dict) and any(mark in document for mark in marks)


def rows_of_results(
    document: Mapping[str, Any], model: str | None, items_of: ItemsOf, line: int | None = None
) -> Iterator[Said]:
    """The rows of a document; `model` is its name, if the user gives one."""
    name = model or model_of(document)
    if name is None:
        yield Refused(line, "the file does not name its model: give it with --model")
        return
    reader = _Reader(document, name, items_of, line)
    subjects = []
    for task, scores in reader.tasks.scores():
        for said in reader.rows(task, scores):
            yield said
            if isinstance(said, ResultRow) and task.startswith(OLD_SUBJECT):
                subjects.append(said)
    if reader.tasks.left_out:
        yield Refused(line, f"{reader.tasks.left_out} tasks are too many: split the file")
    if len(subjects) == SUBJECTS:
        yield _mean_of(subjects)


class _Task(NamedTuple):
    """A task as it is called today, with the shots that older names state."""

    name: str
    shots: int | None = None
    group: str | None = None


class _Reader:
    def __init__(
        self, document: Mapping[str, Any], model: str, items_of: ItemsOf, line: int | None
    ) -> None:
        self.tasks = Tasks(document)
        self._model, self._items_of = model, items_of
        self._limited = limit(document)
        self._shared = {"model": model, "line": line, **conditions(document)}

    def rows(self, written: str, scores: Mapping[str, Any]) -> Iterator[Said]:
        """The rows of one task or group."""
        task = _today(written)
        if task is None:  # the mean of all tasks in files of lighteval
            return
        found: dict[str, float] = {}
        named = None
        for each in measured(scores):
            name, metric = OLD_TASKS.get((task.name, each.metric), (task.name, each.metric))
            groups = (task.group,) if task.group else self.tasks.groups_of(written)
            named = task_named(name, self.tasks.revision(written), groups)
            value = values.number(each.value)
            if value is None:
                yield self._refused(named, each, written)
                continue
            found[metric] = value
            about = self._about(written, task, named) | {"metric": metric, "value": value}
            about["stderr"] = _stderr(each.stderr)
            if fewer := values.count(each.count):
                about |= {"count": fewer} if about["limited"] else {"count": fewer, "of": fewer}
            yield from self._with_items(about, written, each)
        if named is not None:
            yield from self._derived(written, task, named, found)

    def _about(self, written: str, task: _Task, named: Named) -> dict[str, Any]:
        size = self.tasks.size(written)
        shots = self.tasks.shots(written)
        cut = size.effective and size.original and size.effective < size.original
        return self._shared | {
            "benchmark": named.benchmark, "version": named.version, "subtask": named.subtask,
            "count": size.effective, "of": size.original,
            "limited": True if self._limited or cut else None,
            "shots": task.shots if shots is None else shots,
            "task_hash": self.tasks.hash(written), "place": within("results", written),
        }  # fmt: skip

    def _derived(
        self, written: str, task: _Task, named: Named, found: Mapping[str, float]
    ) -> Iterator[Said]:
        """The metrics that are the plain mean of others, such as IFEval's of both strict ones."""
        for metric, definition in named.known.metrics.items() if named.known else ():
            if not definition.of or metric in found or not found.keys() >= set(definition.of):
                continue
            value = math.fsum(found[each] for each in definition.of) / len(definition.of)
            yield row_of(self._about(written, task, named) | {"metric": metric, "value": value})

    def _with_items(self, about: dict[str, Any], written: str, each: Measured) -> Iterator[Said]:
        """The row with its items, or without them and the reason."""
        parts = [self._items_of(task) for task in self.tasks.leaves(written)]
        known = [part for part in parts if part is not None]
        if known and len(known) == len(parts):
            scores, why = Items.joined(known).of(each.written, each.filter, about["value"])
            if why:
                benchmark = shown(about["benchmark"])
                where = shown(self._model), benchmark, about["place"]
                yield Doubtful(about["line"], why, *where)
            about["items"] = scores
        yield row_of(about)

    def _refused(self, named: Named, each: Measured, task: str) -> Refused:
        why = f"{each.written} is {shown(each.value) or 'empty'}, which is not a number"
        where = shown(self._model), shown(named.benchmark), within("results", task)
        return Refused(self._shared["line"], why, *where)


def _today(written: str) -> _Task | None:
    """A task by its present name: `harness|arc:challenge|25` is `arc_challenge` with 25 shots."""
    if "|" not in written:
        return None if written == "all" else _Task(written)
    parts = written.split("|")
    name = parts[1].replace(":", "_")
    shots = values.shots(parts[2]) if len(parts) > 2 else None
    if name.startswith(SUBJECT):
        return _Task("mmlu_" + name.removeprefix(SUBJECT), shots, "mmlu")
    return _Task(name, shots)


def _mean_of(subjects: list[ResultRow]) -> ResultRow:
    """MMLU as Open LLM Leaderboard v1 took it: the plain mean over its subjects."""
    value = math.fsum(row.value for row in subjects) / len(subjects)
    return subjects[0].model_copy(
        update={"subtask": None, "value": value, "stderr": None, "items": None, "place": None}
    )


def _stderr(told: Any) -> float | None:
    found = values.number(told)
    return found if found is not None and found >= 0 else None
