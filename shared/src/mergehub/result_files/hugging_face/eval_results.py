"""The rows of `.eval_results/*.yaml`: scores beside a model on the Hugging Face Hub.

Its entries have a data set with a task, a value, and perhaps a date, a source and notes:
https://huggingface.co/docs/hub/eval-results
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mergehub.benchmarks.catalogue import benchmarks, find
from mergehub.lineage_files.text import whole
from mergehub.recipe.yaml.limits import MAX_CHARACTERS
from mergehub.result_files import values
from mergehub.result_files.naming import Named, kebab, own_name
from mergehub.result_files.rows import Refused, Said, Unreadable, shown
from mergehub.result_files.sources import Found

from .cards import NO_MODEL, loaded
from .naming import model_in
from .stated import Stated, rows_of_stated

MOST_ENTRIES = 5_000
PLAIN = frozenset({"", "default", "main", "test", "all"})
"""Tasks that are the whole data set."""
_SHOTS = re.compile(r"(\d{1,3})[ -]?shots?", re.IGNORECASE)


def rows_of_eval_results(found: Found, model: str | None) -> Iterator[Said]:
    """The rows of a file.

    Raises:
        Unreadable: it is too long, or not YAML with a list of results.
    """
    data, lines = loaded(whole(found.source, MAX_CHARACTERS), found.source.name)
    entries = [data] if isinstance(data, dict) and "dataset" in data else data
    if not isinstance(entries, list) or not any(_is_entry(each) for each in entries):
        raise Unreadable(f"{found.source.name} has no list of results with dataset and value.")
    name = model or model_in(found.path)
    if name is None:
        yield Refused(None, NO_MODEL)
        return
    stated = []
    for number, entry in enumerate(entries[:MOST_ENTRIES]):
        line = lines.get((str(number),), 1)
        if not _is_entry(entry):
            yield Refused(line, "an entry has no dataset with an id, or no value", shown(name))
            continue
        stated.append(_stated(entry, line))
    yield from rows_of_stated(stated, name)


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("dataset"), dict)
        and isinstance(entry["dataset"].get("id"), str)
        and entry.get("value") is not None
    )


def _stated(entry: Mapping[str, Any], line: int) -> Stated:
    dataset = entry["dataset"]
    named = _named(dataset["id"], str(dataset.get("task_id") or ""))
    notes = values.text(entry.get("notes"), 1_000) or ""
    shots = _SHOTS.search(notes)
    fields = {
        "evaluated_on": values.moment(entry.get("date")),
        "shots": int(shots[1]) if shots else None,
    }
    return Stated(entry["value"], named, named.benchmark, fields, line)


def _named(dataset: str, task: str) -> Named:
    """The benchmark by the task's name, else by its data set."""
    found = find(task)
    if found is None:
        same = (each for each in benchmarks().values() if each.dataset.lower() == dataset.lower())
        benchmark = next(same, None)
        known = benchmark.versions[0] if benchmark else None
        short = dataset.rpartition("/")[2]
        subtask = None if task.lower() in PLAIN or kebab(task) == kebab(short) else task
        if benchmark is None or known is None:
            return Named(own_name(short), None, subtask)
        return Named(benchmark.name, known.version, subtask, known.metric, known)
    version = found.version
    return Named(found.benchmark.name, version.version, found.subtask, version.metric, version)
