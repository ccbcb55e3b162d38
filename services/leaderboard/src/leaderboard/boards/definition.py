"""What a board is: its columns, how scores are normalised, and which rows are ranked."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, HttpUrl, model_validator

from mergehub.benchmarks.definition import Domain
from mergehub.contracts.names import BenchmarkName
from mergehub.contracts.strict import Lax, Strict

Text = Annotated[str, Field(min_length=1, max_length=200)]
Shots = Annotated[int, Field(ge=0, le=10_000)]
MOST_COLUMNS = 60


class Column(Strict):
    """A column of a board: results of one benchmark that were made under the same conditions.

    Of each condition that is left out, the column has what most models have. A condition that is
    stated takes in results that do not state it. `any`: it makes no difference.
    """

    benchmark: BenchmarkName
    version: Text | None = None
    metric: Text | None = None
    shots: Shots | Literal["any"] | None = None
    chat_template: bool | Literal["any"] | None = None
    task_hash: Text | None = None
    weight: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0


class Chosen(Strict):
    """A column for each benchmark that enough models have, so that it follows the results.

    - `domains`: only benchmarks of one of these; empty: all.
    - `share`: a benchmark needs so many models, as a share of those that the most used one has.
    - `most`: the most columns; the most used benchmarks count.
    """

    domains: Lax[tuple[Domain, ...]] = ()
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    most: Annotated[int, Field(ge=1, le=MOST_COLUMNS)] = 40


Columns = Annotated[tuple[Column, ...], Field(min_length=1, max_length=MOST_COLUMNS, strict=False)]


class Rules(Strict):
    """How a board is made from results.

    - `normalisation`: `guess`: a random guess is 0 and a perfect answer 100, subtask by subtask
      where the benchmark has some; `none`: 100 times the value.
    - `below_guess`: what is worse than a guess counts as 0, or stays negative.
    """

    columns: Columns | Chosen
    normalisation: Literal["guess", "none"] = "guess"
    below_guess: Literal["zero", "negative"] = "zero"

    @model_validator(mode="after")
    def _each_benchmark_once(self) -> Rules:
        if isinstance(self.columns, tuple):
            names = [each.benchmark for each in self.columns]
            if len(set(names)) < len(names):
                raise ValueError("each benchmark may be one column only")
        return self


class Definition(Rules):
    """A board that comes with Mergehub, as its file in `definitions` states it."""

    name: BenchmarkName
    title: Text
    summary: Annotated[str, Field(min_length=1, max_length=1000)]
    domains: Lax[tuple[Domain, ...]] = ()
    sources: Lax[tuple[Lax[HttpUrl], ...]] = ()

    @cached_property
    def rules(self) -> Rules:
        """The rules alone, by which a board is known."""
        return Rules(**{name: getattr(self, name) for name in Rules.model_fields})
