"""Facts in memory without a database, from plain values, and the same drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from leaderboard.memory.facts import Facts
from leaderboard.memory.growing.facts import GrowingFacts
from leaderboard.memory.keys import SettingKey

NEVER = np.iinfo(np.int64).min


class Result(NamedTuple):
    """A result; ids grow in the order in which results are made."""

    model: str
    benchmark: str
    value: float
    stderr: float | None = None
    count: int = 0
    precision: str = ""
    revision: str = ""
    version: str = "1"
    subtask: str = ""
    metric: str = "acc"
    shots: int | None = 0
    chat_template: bool | None = None
    task_hash: str | None = None
    source: int = 0
    when: int = NEVER

    @property
    def setting(self) -> tuple[Any, ...]:
        return (
            self.benchmark,
            self.version,
            self.subtask,
            self.metric,
            self.shots,
            self.chat_template,
            self.task_hash,
        )

    @property
    def variant(self) -> tuple[str, str, str]:
        return self.model, self.revision, self.precision


class Known(NamedTuple):
    """What lineage says of a model; `parents` are its ingredients."""

    parents: tuple[str, ...] = ()
    method: str | None = None
    family: str | None = None
    parameters: int | None = None
    licence: str | None = None
    domains: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    made_on: int | None = None


@dataclass
class World:
    """Facts that grow as a database would: rows get ids, and each has what it needs."""

    growing: GrowingFacts = field(default_factory=GrowingFacts)
    models: dict[str, int] = field(default_factory=dict)
    variants: dict[tuple[str, str, str], int] = field(default_factory=dict)
    settings: dict[tuple[Any, ...], int] = field(default_factory=dict)
    results: int = 0
    changes: int = 0

    def learn(self, known: dict[str, Known]) -> None:
        """Learn models with their parents."""
        names = dict.fromkeys([*known, *(each for one in known.values() for each in one.parents)])
        for name in names:
            self.models.setdefault(name, len(self.models) + 1)
        for name in names:  # a parent must be there before its child
            self.growing.put_models([self._model(name, known.get(name))], [])
        self.tell(known)

    def tell(self, known: dict[str, Known]) -> None:
        """Learn models that are there, with parents that are there."""
        for name, each in known.items():
            parents = [self._parent(name, parent, each.method) for parent in each.parents]
            self.growing.put_models([self._model(name, each)], parents)

    def rename(self, model: str, name: str) -> None:
        """Give a model another name, and forget what was known of it."""
        self.growing.put_models([self._model(model, None) | {"name": name}], [])

    def _model(self, name: str, known: Known | None) -> dict[str, Any]:
        told = known or Known()
        return {
            "id": self.models[name],
            "name": name,
            "known": known is not None,
            "kind": None,
            "method": told.method,
            "architecture": None,
            "family": told.family,
            "parameters": float("nan") if told.parameters is None else float(told.parameters),
            "licence": told.licence,
            "domains": list(told.domains),
            "flags": list(told.flags),
            "claimed": 0,
            "made_on": -1 if told.made_on is None else told.made_on,
        }

    def _parent(self, child: str, parent: str, method: str | None) -> dict[str, Any]:
        ends = {"child": self.models[child], "parent": self.models[parent]}
        return ends | {
            "role": "ingredient",
            "relation": "merge",
            "method": method,
            "weight": None,
        }

    def add(self, results: Sequence[Result]) -> None:
        """Add results in their order, all at once."""
        if not results:
            return
        for each in results:
            if each.model not in self.models:
                self.models[each.model] = len(self.models) + 1
                self.growing.put_models([self._model(each.model, None)], [])
            self.variants.setdefault(each.variant, len(self.variants) + 1)
            self.settings.setdefault(each.setting, len(self.settings) + 1)
        self.growing.put_variants(
            [
                {
                    "id": id,
                    "model_id": self.models[model],
                    "revision": revision,
                    "precision": precision,
                }
                for (model, revision, precision), id in self.variants.items()
            ]
        )
        self.growing.put_settings([SettingKey(id, *key) for key, id in self.settings.items()])
        self.growing.put_results(self._columns(results))

    def _columns(self, results: Sequence[Result]) -> dict[str, Any]:
        begin, self.results = self.results + 1, self.results + len(results)
        return {
            "id": np.arange(begin, self.results + 1),
            "variant": np.array([self.variants[each.variant] for each in results], np.int32),
            "setting": np.array([self.settings[each.setting] for each in results], np.int32),
            "value": np.array([each.value for each in results]),
            "stderr": np.array(
                [np.nan if each.stderr is None else each.stderr for each in results], np.float64
            ),
            "count": np.array([each.count for each in results], np.int32),
            "source": np.array([each.source for each in results], np.uint8),
            "when": np.array([each.when for each in results], np.int64),
            "binary": np.zeros(len(results), np.bool_),
        }

    def facts(self) -> Facts:
        """The state now."""
        self.changes += 1
        return self.growing.facts(self.changes, datetime.now(UTC))


MODELS = ("a/One", "a/two", "b/Two", "b/three", "C/four", "d/five")
results = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(MODELS),
            "benchmark": st.sampled_from(["x", "y"]),
            "value": st.sampled_from([0.0, 0.25, 0.5, 0.5000001, 0.75, 1.0, 1.5]),
            "stderr": st.sampled_from([None, 0.01, 0.1]),
            "count": st.sampled_from([0, 100]),
            "precision": st.sampled_from(["", "bfloat16", "4bit"]),
            "revision": st.sampled_from(["", "r1", "r2"]),
            "shots": st.sampled_from([None, 0, 5]),
            "source": st.sampled_from([0, 1, 2]),
            "when": st.sampled_from([NEVER, 1, 2]),
        }
    ).map(lambda drawn: Result(**drawn)),
    max_size=30,
)
known = st.dictionaries(
    st.sampled_from(MODELS),
    st.fixed_dictionaries(
        {
            "method": st.sampled_from([None, "ties", "slerp"]),
            "family": st.sampled_from([None, "llama", "qwen2"]),
            "parameters": st.sampled_from([None, 10**9, 7 * 10**9, 70 * 10**9]),
            "licence": st.sampled_from([None, "mit", "apache-2.0"]),
            "domains": st.sampled_from([(), ("code",), ("code", "maths")]),
            "flags": st.sampled_from([(), ("contaminated",)]),
            "made_on": st.sampled_from([None, 100, 200, 300]),
        }
    ).map(lambda drawn: Known(**drawn)),
)


@st.composite
def lineages(draw: st.DrawFn) -> dict[str, Known]:
    """Models of which lineage knows something; each one's parents come before it in `MODELS`."""
    models = draw(known)
    for place, name in enumerate(MODELS):
        if name in models and place and draw(st.booleans()):
            parents = draw(st.sets(st.sampled_from(MODELS[:place]), max_size=2))
            models[name] = models[name]._replace(parents=tuple(sorted(parents)))
    return models
