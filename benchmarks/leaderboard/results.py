"""Models and results whose marginals are those of a real leaderboard.

Of 200,000 models, 30 % are merges of two earlier ones; few families have most models. Scores of a
model go together, as a model that is good at one benchmark is good at others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mergehub.benchmarks.catalogue import benchmarks

BENCHMARKS = 20
MERGES = 0.3
COVERED = 0.95
"""The share of models that have a result of a benchmark."""
FAMILIES = ("llama", "mistral", "qwen2", "gemma2", "phi3", "falcon", "gpt-neox", "olmo")
METHODS = ("ties", "dare_ties", "slerp", "linear", "task_arithmetic", "model_stock")
LICENCES = ("apache-2.0", "mit", "llama3", "gemma", None)
PRECISIONS = ("bfloat16", "float16", "8bit", "4bit")
SIZES = (0.5, 1.5, 3, 7, 8, 9, 13, 14, 32, 70)
DOMAINS = ("code", "maths", "chat", "medicine")
WITH_ITEMS = 2000
"""The first models have item scores."""
ROOTS = 200
"""The first models have no parents."""


@dataclass(frozen=True)
class Setting:
    """One benchmark as it is measured."""

    name: str
    version: str
    metric: str
    shots: int
    items: int


@dataclass(frozen=True)
class Made:
    """Models by number, and their results: values by benchmark, NaN where there is none."""

    models: int
    family: NDArray[np.int64]
    merge: NDArray[np.bool_]
    parents: NDArray[np.int64]
    values: NDArray[np.float64]
    settings: tuple[Setting, ...]


def name(number: int) -> str:
    """A model's name."""
    return f"maker-{number % 5000}/model-{number}"


def settings() -> tuple[Setting, ...]:
    """The benchmarks of the catalogue, and some that people made."""
    known = [
        Setting(each.name, version.version, version.metric, version.shots, version.items)
        for each in benchmarks().values()
        for version in each.versions[:1]
    ][:BENCHMARKS]
    own = range(BENCHMARKS - len(known))
    return (*known, *(Setting(f"own-{number}", "1", "acc", 0, 1000) for number in own))


def make(models: int) -> Made:
    """So many models, always the same."""
    random = np.random.default_rng(16)
    family = np.minimum(random.geometric(0.35, models) - 1, len(FAMILIES) - 1)
    merge = random.random(models) < MERGES
    merge[:ROOTS] = False
    earlier = np.maximum(np.arange(models), 1)
    parents = (random.random((models, 2)) ** 2 * earlier[:, None]).astype(np.int64)
    ability = random.normal(0, 1, models)
    for child in np.flatnonzero(merge):  # a merge is about as good as its parents
        ability[child] = ability[parents[child]].mean() + 0.3 * ability[child]
    tested = settings()
    hard = random.normal(0, 0.8, len(tested))
    logits = ability[:, None] - hard + random.normal(0, 0.4, (models, len(tested)))
    values = 1 / (1 + np.exp(-logits))
    values[random.random(values.shape) > COVERED] = np.nan
    return Made(models, family, merge, parents, values, tested)


def rows(made: Made, numbers: range) -> Iterator[dict[str, Any]]:
    """Rows for the import: one result of each number, of models that are there or new."""
    for number in numbers:
        setting = made.settings[number % len(made.settings)]
        value = (number * 7919 % setting.items) / setting.items
        yield {
            "model": f"import/model-{number // len(made.settings)}",
            "precision": "bfloat16",
            "benchmark": setting.name,
            "version": setting.version,
            "metric": setting.metric,
            "value": value,
            "count": setting.items,
            "shots": setting.shots,
        }
