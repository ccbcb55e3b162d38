"""Ablate runs: a recipe in; the scores of its merge, whole and without each ingredient, out."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import RECIPE, example
from mergehub.contracts.kinds.evaluate import (
    MOST_BENCHMARKS,
    BenchmarkResult,
    HowEvaluated,
    Seed,
)
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.messages import Message
from mergehub.contracts.names import BenchmarkName, Digest, Note
from mergehub.contracts.strict import Lax

MOST_CANDIDATES = 33
"""The whole merge, and the merge without each of 32 ingredients."""


class AblateRunCreate(Create, HowEvaluated):
    """Score a merge, whole and without each ingredient; no model is written.

    Give one of `model` (a model that a run of this hub merged), `recipe` and `recipe_version`.
    """

    model_config = example(kind="ablate", recipe=RECIPE, benchmarks=["dates", "units"])

    kind: Literal["ablate"]
    model: str | None = Field(
        None, min_length=1, max_length=500, description="A merged model: its recipe is ablated."
    )
    recipe: str | None = Field(None, description="An inline recipe in mergekit's YAML.")
    recipe_version: Lax[UUID] | None = Field(None, description="The id of a published version.")
    seed: Seed = 0
    benchmarks: list[BenchmarkName] = Field(min_length=1, max_length=MOST_BENCHMARKS)


class AblateSpec(Spec, HowEvaluated):
    """All that a worker needs, the recipe's text included. `model_name` is the merge's name."""

    kind: Literal["ablate"]
    recipe: str
    recipe_version: Lax[UUID] | None
    recipe_digest: str
    model_name: str
    benchmarks: list[str]
    seed: int = 0

    @property
    def named(self) -> str:
        return self.recipe


class Candidate(Message):
    """One merge of an ablation: the whole if `without` is null, else the merge without that model.

    `how` says what became of the other ingredients' weights.
    """

    without: str | None = Field(max_length=500)
    how: Note
    model_digest: Digest
    results: list[BenchmarkResult] = Field(max_length=MOST_BENCHMARKS)


class AblateResult(Result):
    """The outcome of an ablate run: the whole merge first, then one candidate per ingredient."""

    kind: Literal["ablate"]
    method: str = Field(max_length=100)
    harness: str = Field(max_length=200)
    seconds: float
    candidates: list[Candidate] = Field(min_length=1, max_length=MOST_CANDIDATES)
    versions: dict[str, str] = Field(default_factory=dict, max_length=20)
    in_memory: bool = True


KIND = RunKind("ablate", AblateRunCreate, AblateSpec, AblateResult, 24 * 3600)
