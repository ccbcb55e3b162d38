"""Evaluate runs: a model and benchmarks in, scores out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mergehub.contracts.examples import RUN_ID, example
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.messages import Message
from mergehub.contracts.names import BenchmarkName, Count, Digest


class EvaluateRunCreate(Create):
    """Evaluate a model: a path, a hub id, a product's name or `run:<id>`, maybe with `+adapter`."""

    model_config = example(kind="evaluate", model=f"run:{RUN_ID}", benchmarks=["dates", "units"])

    kind: Literal["evaluate"]
    model: str = Field(min_length=1, max_length=500)
    benchmarks: list[BenchmarkName] = Field(min_length=1, max_length=100)


class EvaluateSpec(Spec):
    """`model` is what the worker opens, `model_name` its name in lineage and leaderboard."""

    kind: Literal["evaluate"]
    model: str
    model_name: str
    benchmarks: list[str]

    @property
    def named(self) -> str:
        return self.model


class BenchmarkResult(Message):
    """One benchmark's score of one model. `items` maps an item's hash to its own score."""

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


class EvaluateResult(Result):
    """The outcome of an evaluate run."""

    kind: Literal["evaluate"]
    model: str = Field(max_length=500)
    model_digest: Digest
    harness: str = Field(max_length=200)
    seconds: float
    results: list[BenchmarkResult] = Field(max_length=100)


KIND = RunKind("evaluate", EvaluateRunCreate, EvaluateSpec, EvaluateResult, 24 * 3600)
