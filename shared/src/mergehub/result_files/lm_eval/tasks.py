"""The tasks of a file of results: groups, shots, numbers of items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from mergehub.result_files import values

from .setup import mapping

MOST_TASKS = 10_000
MOST_STEPS = 2_000_000
"""How many names of groups and tasks are looked at, in all; a group beyond that has no tasks."""
DEEPEST = 20


class Size(NamedTuple):
    """How many items were scored, and how many there are."""

    effective: int | None = None
    original: int | None = None


class Tasks:
    """What a document says of each of its tasks and groups."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._configs = mapping(document.get("configs"))
        subtasks = mapping(document.get("group_subtasks"))
        self._subtasks = {
            group: [each for each in told if isinstance(each, str)]
            for group, told in subtasks.items()
            if isinstance(told, list) and told
        }
        self._steps = 0
        self._parents: dict[str, list[str]] = {}
        for group, told in self._subtasks.items():
            for task in told:
                self._parents.setdefault(task, []).append(group)

    def scores(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each task or group once, with its scores."""
        results, groups = (mapping(self._document.get(each)) for each in ("results", "groups"))
        told = {**groups, **results}
        for task, scores in islice(told.items(), MOST_TASKS):
            if isinstance(scores, dict):
                yield task, {**mapping(groups.get(task)), **scores}

    @property
    def left_out(self) -> int:
        """How many tasks are too many."""
        results, groups = (mapping(self._document.get(each)) for each in ("results", "groups"))
        return max(len(results.keys() | groups.keys()) - MOST_TASKS, 0)

    def revision(self, task: str) -> str | None:
        """The version of a task, which is that of its prompts and metrics."""
        told = mapping(self._document.get("versions")).get(task)
        if told is None:
            told = mapping(mapping(self._configs.get(task)).get("metadata")).get("version")
        found = values.text(told, 100)
        return None if found in (None, "N/A", "Yaml") else found

    def groups_of(self, task: str) -> tuple[str, ...]:
        """The groups around a task, from the nearest on."""
        found: dict[str, None] = {}
        layer = [task]
        for _ in range(DEEPEST):
            layer = [group for each in layer for group in self._parents.get(each, ())]
            self._steps += len(layer)
            if self._steps > MOST_STEPS:
                break
            layer = [group for group in dict.fromkeys(layer) if group not in found]
            found |= dict.fromkeys(layer)
        return tuple(found)

    def leaves(self, task: str) -> list[str]:
        """The tasks of a group, or the task itself."""
        found: dict[str, None] = {}
        waiting, seen = [task], {task}
        while waiting:
            each = waiting.pop()
            below = [sub for sub in self._subtasks.get(each, ()) if sub not in seen]
            self._steps += 1 + len(below)
            if self._steps > MOST_STEPS:
                return [task]
            seen.update(below)
            waiting += reversed(below)
            if each not in self._subtasks:
                found[each] = None
        return list(found)

    def shots(self, task: str) -> int | None:
        """The number of shots; that of a group, if all its tasks have the same."""
        own = self._own_shots(task)
        if own is not None or task not in self._subtasks:
            return own
        known = {self._own_shots(each) for each in self.leaves(task)}
        return known.pop() if len(known) == 1 else None

    def size(self, task: str) -> Size:
        """The numbers of items; those of a group are sums, if all of them are known."""
        own = self._own_size(task)
        if own.effective or task not in self._subtasks:
            return own
        sizes = [self._own_size(each) for each in self.leaves(task)]
        effective = [each.effective for each in sizes if each.effective]
        original = [each.original for each in sizes if each.original]
        return Size(
            sum(effective) or None if len(effective) == len(sizes) else None,
            sum(original) or None if len(original) == len(sizes) else None,
        )

    def hash(self, task: str) -> str | None:
        """The hash of all items, prompts and answers of a task."""
        return values.text(mapping(self._document.get("task_hashes")).get(task))

    def _own_shots(self, task: str) -> int | None:
        told = mapping(self._document.get("n-shot")).get(task)
        if told is None:
            told = mapping(self._configs.get(task)).get("num_fewshot")
        if told is None:
            told = mapping(self._document.get("config")).get("num_fewshot")
        return values.shots(told)

    def _own_size(self, task: str) -> Size:
        told = mapping(mapping(self._document.get("n-samples")).get(task))
        return Size(values.count(told.get("effective")), values.count(told.get("original")))
