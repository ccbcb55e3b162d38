"""The benchmarks that come with Mergehub, and how one is found by the name that a file gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import yaml

from mergehub.benchmarks.definition import Benchmark, Version


class Found(NamedTuple):
    """A benchmark and the version that a name stands for, and the subtask if it is one's name."""

    benchmark: Benchmark
    version: Version
    subtask: str | None = None


@cache
def benchmarks() -> Mapping[str, Benchmark]:
    """All definitions by name."""
    folder = resources.files("mergehub.benchmarks") / "definitions"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=str)
    found = [Benchmark.model_validate(yaml.safe_load(each.read_bytes())) for each in files]
    return {each.name: each for each in found}


def find(name: str) -> Found | None:
    """Find a benchmark by its name, its title, an alias or a task of lm-evaluation-harness.

    Case, spaces and punctuation do not count, nor does a number of shots: `ARC (25-shot)` is
    `arc`. The name of a task or subtask finds the version that runs it, any other name the first
    version.
    """
    return _by_name().get(_key(name))


@cache
def _by_name() -> Mapping[str, Found]:
    return {_key(name): found for name, found in reversed(list(_names()))}


def _names() -> Iterator[tuple[str, Found]]:
    """Every name with what it stands for; the first of equal names counts."""
    for benchmark in benchmarks().values():
        first = Found(benchmark, benchmark.versions[0])
        yield from ((name, first) for name in (benchmark.name, benchmark.title, *benchmark.aliases))
    for benchmark in benchmarks().values():
        for version in benchmark.versions:
            yield from ((task, Found(benchmark, version)) for task in version.tasks)
            yield from _subtasks(benchmark, version)


def _subtasks(benchmark: Benchmark, version: Version) -> Iterator[tuple[str, Found]]:
    baseline = version.metrics[version.metric].baseline
    for name, subtask in baseline.subtasks.items() if baseline else ():
        for task in version.tasks:
            yield subtask.task or f"{task}_{name}", Found(benchmark, version, name)


def _key(name: str) -> str:
    without_shots = re.sub(r"\(?\b\d+[ -]?shots?\b\)?", "", name.lower())
    return re.sub(r"[^a-z0-9+]", "", without_shots)
