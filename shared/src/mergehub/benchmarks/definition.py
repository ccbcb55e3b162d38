"""The definition of a benchmark, as its file in `definitions` states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

from mergehub.benchmarks.baselines import Baseline
from mergehub.contracts.domains.fields import NAMED
from mergehub.contracts.names import BenchmarkName

DomainName = Literal[
    "maths",
    "code",
    "reasoning",
    "knowledge",
    "instruction-following",
    "truthfulness",
    "languages",
]
Domain = Annotated[DomainName, NAMED]
"""A domain of a benchmark, by its name or a synonym."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
"""ISO 639-1."""


class Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Metric(Definition):
    """How answers are counted. `higher` and a baseline make scores of 0 to 100 possible."""

    title: str
    direction: Literal["higher", "lower"] = "higher"
    baseline: Baseline | None = None
    of: tuple[str, ...] = Field(
        (), description="Names of metrics that this one is the plain mean of."
    )


class Version(Definition):
    """One way to run a benchmark. Scores of different versions are never compared.

    `tasks` are its names in lm-evaluation-harness, `shots` the number of worked examples in the
    prompt, `metric` the one that boards rank by, and `items` the size of a full run.
    """

    version: str = Field(min_length=1, max_length=200)
    tasks: tuple[str, ...] = ()
    items: int = Field(gt=0)
    shots: int = Field(ge=0)
    metric: str
    metrics: Mapping[str, Metric]
    note: str | None = None

    @model_validator(mode="after")
    def _metrics_exist(self) -> Version:
        named = {self.metric, *(name for each in self.metrics.values() for name in each.of)}
        if missing := sorted(named - self.metrics.keys()):
            raise ValueError(f"metrics lacks {', '.join(missing)}")
        return self


class Benchmark(Definition):
    """A benchmark with its versions, the preferred one first."""

    name: BenchmarkName
    title: str
    summary: str
    domains: tuple[Domain, ...] = Field(min_length=1)
    languages: tuple[Language, ...] = Field(min_length=1)
    dataset: str
    sources: tuple[HttpUrl, ...] = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    versions: tuple[Version, ...] = Field(min_length=1)
