"""Evaluate runs: a model or a recipe and benchmarks in, scores out."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from mergehub.contracts.examples import RUN_ID, example
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.messages import Message
from mergehub.contracts.names import BenchmarkName, Count, Digest
from mergehub.contracts.strict import Lax

LARGEST_SEED = 2**63 - 1
MOST_BENCHMARKS = 100

Limit = Annotated[
    int | None,
    Field(
        ge=1,
        le=2**31 - 1,
        description="Score only the first items of each benchmark, for a quick look. Such a "
        "result never ranks beside a full one.",
    ),
]
ChatTemplate = Annotated[
    bool, Field(description="Put the questions into the model's own chat template.")
]
Fresh = Annotated[
    bool,
    Field(
        description="Measure again what was measured before. Otherwise a result that the worker "
        "has of the same weights, task, harness and settings is the answer."
    ),
]
Seed = Annotated[
    int,
    Field(ge=0, lt=LARGEST_SEED + 1, description="The seed of methods that draw at random."),
]


class HowEvaluated(Message):
    """The settings of an evaluation, which runs of several kinds take."""

    limit: Limit = None
    chat_template: ChatTemplate = False
    fresh: Fresh = False


class EvaluateRunCreate(Create, HowEvaluated):
    """Evaluate a model: a path, a hub id, a product's name or `run:<id>`, maybe with `+adapter`.

    Or evaluate the merge of a recipe without writing it: then give `recipe` or `recipe_version`
    instead of `model`. Such scores belong to the run and are on no board.
    """

    model_config = example(kind="evaluate", model=f"run:{RUN_ID}", benchmarks=["dates", "units"])

    kind: Literal["evaluate"]
    model: str | None = Field(None, min_length=1, max_length=500)
    recipe: str | None = Field(None, description="An inline recipe in mergekit's YAML.")
    recipe_version: Lax[UUID] | None = Field(None, description="The id of a published version.")
    seed: Seed = 0
    benchmarks: list[BenchmarkName] = Field(min_length=1, max_length=MOST_BENCHMARKS)


class EvaluateSpec(Spec, HowEvaluated):
    """`model` is what the worker opens, `model_name` its name in lineage and leaderboard.

    With a `recipe`, the worker merges it in memory; `model` and `model_name` only name it.
    """

    kind: Literal["evaluate"]
    model: str
    model_name: str
    benchmarks: list[str]
    recipe: str | None = None
    recipe_version: Lax[UUID] | None = None
    recipe_digest: str | None = None
    seed: int = 0

    @property
    def named(self) -> str:
        return self.recipe or self.model


class BenchmarkResult(Message):
    """One benchmark's score of one model. `items` maps an item's hash to its own score.

    The fields from `task_hash` on are null in results of older workers.
    """

    benchmark: str = Field(max_length=100)
    version: str = Field(
        max_length=200, description="Changes with anything that makes scores incomparable."
    )
    metric: str = Field(max_length=100)
    value: float
    stderr: float
    count: Count
    shots: Count
    items: dict[Annotated[str, StringConstraints(max_length=200)], float] = Field(
        default_factory=dict,
        description="Only in reports; clients find them at the run's `items` address.",
    )
    task_hash: Digest | None = Field(
        default=None, description="The SHA-256 of the task's configuration and data."
    )
    harness_version: str | None = Field(default=None, max_length=200)
    precision: str | None = Field(
        default=None,
        max_length=40,
        description="The type that the model computed in, such as `float32`.",
    )
    chat_template: bool | None = None
    seed: int | None = None
    batch_size: Count | None = Field(
        default=None,
        description="The rows of the largest batch. It changes no score beyond rounding.",
    )
    limited: bool = Field(
        default=False, description="Only the first items of the benchmark were scored."
    )
    cached: Lax[UUID] | None = Field(
        default=None,
        description="The run that measured it, if a kept result was the answer; null if this run "
        "did.",
    )


class EvaluateResult(Result):
    """The outcome of an evaluate run."""

    kind: Literal["evaluate"]
    model: str = Field(max_length=500)
    model_digest: Digest
    harness: str = Field(max_length=200)
    seconds: float
    results: list[BenchmarkResult] = Field(max_length=MOST_BENCHMARKS)
    versions: dict[str, str] = Field(
        default_factory=dict, max_length=20, description="The versions of the libraries used."
    )
    in_memory: bool = Field(
        default=False, description="The merge was evaluated without being written."
    )


KIND = RunKind("evaluate", EvaluateRunCreate, EvaluateSpec, EvaluateResult, 24 * 3600)
