"""What the columns of a table mean, as a mapping file states it."""

from __future__ import annotations

import re
from collections.abc import Mapping as Fields
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mergehub.recipe import RecipeError
from mergehub.recipe.yaml.document import load_documents

Scale = Literal["0-1", "0-100", "natural"]
"""How a score is written. `natural`: as it is, for metrics that are no shares."""
Values = Literal["raw", "normalised"]
"""`normalised`: from 0 for what a random guess scores to 100 for a perfect answer."""
Column = Annotated[str, Field(min_length=1, max_length=500)]
MOST_COLUMNS = 1_000


_SHOULD = re.compile(r"\w+ should (?=be |have |match )")


def in_words(fault: Fields[str, Any]) -> str:
    """What pydantic finds wrong, as the sentences of the project say it."""
    known = {"missing": "is missing", "extra_forbidden": "is not a known field"}
    text = str(fault["msg"]).removeprefix("Value error, ")
    return known.get(fault["type"]) or _SHOULD.sub("must ", text, count=1)


class BadMapping(ValueError):
    """A mapping that cannot be used; the message says why."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelColumn(_Part):
    """The column with the model's name, and how it is written there."""

    column: Column
    form: Literal["auto", "plain", "html", "markdown"] = "auto"


class ScoreColumn(_Part):
    """The benchmark that a column has scores of.

    `metrics` names the metrics of cells with several values, as in `64.9 / 76.0`, in their order;
    a value whose metric is null is left out. `values` says whether a guess scores 0 in them.
    """

    benchmark: str = Field(min_length=1, max_length=100)
    version: str | None = None
    subtask: str | None = None
    metric: str | None = None
    metrics: tuple[str | None, ...] | None = Field(None, max_length=10)
    shots: int | None = Field(None, ge=0, le=10_000)
    scale: Scale | None = None
    values: Values = "raw"
    stderr: Column | None = None
    """A column beside it with the standard errors, on the same scale."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"benchmark": data} if isinstance(data, str) else data


class AverageColumn(_Part):
    """A column with the mean of others, which is recomputed; without `of`, of all benchmarks."""

    column: Column
    of: tuple[Column, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data


class FlagColumn(_Part):
    """A column that flags models; `inverted` if it says yes of those that are not flagged."""

    flag: str = Field(min_length=1, max_length=60)
    inverted: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"flag": data} if isinstance(data, str) else data


class MergedColumn(_Part):
    """A column that says whether a model is a merge; `inverted` if it says yes of the others."""

    column: Column
    inverted: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data


class SizeColumn(_Part):
    """A column with the number of parameters, in units of so many."""

    column: Column
    unit: Literal["ones", "millions", "billions"] = "billions"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        return {"column": data} if isinstance(data, str) else data


class Mapping(_Part):
    """Which column of a table says what. Columns that are not named are not read."""

    model: ModelColumn
    benchmarks: dict[Column, ScoreColumn] = Field(min_length=1, max_length=MOST_COLUMNS)
    scale: Scale | None = Field(None, description="Of all columns that state none of their own.")
    decimal: Literal[".", ","] | None = None
    revision: Column | None = None
    precision: Column | None = None
    architecture: Column | None = None
    parameters: SizeColumn | None = None
    licence: Column | None = None
    base: Column | None = None
    date: Column | None = None
    chat_template: Column | None = None
    average: AverageColumn | None = None
    merged: MergedColumn | None = None
    type: Column | None = None
    tags: Column | None = None
    flags: dict[Column, FlagColumn] = Field(default_factory=dict, max_length=50)
    harness: str | None = Field(None, max_length=200)
    harness_version: str | None = Field(None, max_length=200)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("model"), str):
            return data | {"model": {"column": data["model"]}}
        return data

    @classmethod
    def parsed(cls, text: str) -> Mapping:
        """The mapping that a text in YAML or JSON states.

        Raises:
            BadMapping: it is not YAML, or states something that a mapping has not.
        """
        try:
            documents = load_documents(text)
        except RecipeError as error:
            raise BadMapping(f"The mapping is not YAML: {error.faults[0].message}") from None
        data = documents[0].data if documents else None
        if not isinstance(data, dict):
            raise BadMapping("A mapping is an object such as `model: Model`, `benchmarks: {…}`.")
        return cls.of(data)

    @classmethod
    def of(cls, data: Any) -> Mapping:
        """The mapping that plain data states.

        Raises:
            BadMapping: it states something that a mapping has not.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            faults = error.errors(include_url=False)[:5]
            told = (
                f"{'.'.join(map(str, each['loc'])) or 'it'}: {in_words(each)}" for each in faults
            )
            raise BadMapping(f"The mapping is not right. {'; '.join(told)}") from None

    def columns(self) -> set[str]:
        """The names of all columns that it reads."""
        single = (
            self.revision, self.precision, self.architecture, self.licence, self.base, self.date,
            self.chat_template, self.type, self.tags,
        )  # fmt: skip
        parts = (self.model, self.parameters, self.average, self.merged)
        named = {each for each in single if each} | {each.column for each in parts if each}
        of = self.average.of if self.average else ()
        named |= {each.stderr for each in self.benchmarks.values() if each.stderr}
        return named | self.benchmarks.keys() | self.flags.keys() | set(of)

    def stated(self) -> dict[str, Any]:
        """The mapping as plain data, without what it leaves open."""
        return self.model_dump(mode="json", exclude_defaults=True)
