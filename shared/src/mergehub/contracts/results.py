"""Results of evaluations as people import and export them: rows in, and a report of what became.

A value is on the scale of its metric, which is 0 to 1 for a share of items, never 0 to 100.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.shapes import Day, Text
from mergehub.contracts.strict import Lax, whole

MOST_ROWS = 10_000
MOST_ITEMS = 100_000
"""Item scores of one row."""
MOST_ITEMS_OF_ALL = 200_000
"""Item scores of one import, whichever rows have them."""
MOST_REPORTED = 1000
"""Rows that each list of a report names; it counts all."""

LONGEST_PLACE = 1000

Source = Literal["verified", "community", "imported"]
"""`verified`: a worker of this hub measured it. `community`: whoever imports it measured it.
`imported`: it comes from a leaderboard or a paper of others."""
ImportedSource = Literal["community", "imported"]

WHOLE = BeforeValidator(whole)
Positive = Annotated[int, Field(gt=0, lt=2**31), WHOLE]
Shots = Annotated[int, Field(ge=0, le=10_000), WHOLE]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Short = Annotated[Text, StringConstraints(max_length=200)]
BenchmarkText = Annotated[Text, StringConstraints(min_length=1, max_length=100)]
Flag = Annotated[Text, StringConstraints(min_length=1, max_length=60)]
Hash = Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class _Part(BaseModel):
    """A part of an import: strict as a message, but checked without a call into Python."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Claims(_Part):
    """What a file says of the model itself. It is kept as a claim; lineage decides what is so."""

    merged: bool | None = None
    base: Annotated[Text, StringConstraints(max_length=500)] | None = None
    licence: Annotated[Text, StringConstraints(max_length=100)] | None = None
    parameters: Annotated[int, Field(ge=0, lt=2**63), WHOLE] | None = None
    architecture: Annotated[Text, StringConstraints(max_length=100)] | None = None
    flags: Annotated[tuple[Flag, ...], Field(strict=False, max_length=20)] = ()


class ResultRow(_Part):
    """One score of one model on one benchmark; what is null or left out is unknown.

    - `model`: as the file has it; `revision`: a commit or a digest of the content.
    - `benchmark`: a name, title, alias or task that the hub knows, or any other name.
    - `value`: on the metric's scale, 0 to 1 for a share of items.
    - `count`, `of`: how many items were scored, and how many the benchmark has. `limited` says
      that there were fewer; by default that follows from the two.
    - `shots`, `chat_template`, `task_hash`: conditions that scores must share to be compared.
    - `items`: the score of each item by its `doc_hash`.
    - `line`: the row's line in its file, for the report; by default, its number among the rows.
    - `place`: the same for people, who read it in the report and in doubts about other rows: a file
      with a line or a JSON pointer, as in `runs.zip/a/table.csv:12` or `a.json#/results/gsm8k`.
    """

    model: Annotated[str, StringConstraints(max_length=10_000)]
    revision: Short | None = None
    precision: Annotated[Text, StringConstraints(max_length=40)] | None = None
    benchmark: BenchmarkText
    version: Short | None = None
    subtask: Short | None = None
    metric: Annotated[Text, StringConstraints(max_length=100)] | None = None
    value: Finite
    stderr: Annotated[Finite, Field(ge=0)] | None = None
    count: Positive | None = None
    of: Positive | None = None
    limited: bool | None = None
    shots: Shots | None = None
    chat_template: bool | None = None
    harness: Short | None = None
    harness_version: Short | None = None
    task_hash: Short | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63), WHOLE] | None = None
    evaluated_on: Day | None = None
    items: Annotated[
        list[Lax[tuple[Hash, Finite]]] | None,
        Field(max_length=MOST_ITEMS, examples=[[["9f86d081884c7d65", 1.0]]]),
    ] = None
    claims: Claims | None = None
    line: Annotated[int, Field(ge=0, lt=2**53), WHOLE] | None = None
    place: Annotated[Text, StringConstraints(min_length=1, max_length=LONGEST_PLACE)] | None = None


RESULT = {
    "model": "org/dates",
    "precision": "bfloat16",
    "benchmark": "gsm8k",
    "metric": "exact_match",
    "value": 0.649,
    "stderr": 0.013,
    "count": 1319,
    "shots": 5,
    "harness": "lm-evaluation-harness",
    "harness_version": "0.4.9",
    "evaluated_on": "2026-11-25",
    "line": 2,
}
"""A row, for examples."""


class ResultImport(Message):
    """At most 10,000 rows, which have at most 200,000 item scores among them.

    `origin` says where the rows come from: a file's name or a URL. Rows that one account imports
    with one origin can be withdrawn together.
    """

    model_config = example(
        source="imported", origin="open-llm-leaderboard-v2.csv", dry_run=False, results=[RESULT]
    )

    source: ImportedSource = "imported"
    origin: Annotated[Text, StringConstraints(min_length=1, max_length=500)]
    dry_run: bool = Field(False, description="Say what would be done, and do nothing.")
    results: list[ResultRow] = Field(max_length=MOST_ROWS)

    @model_validator(mode="after")
    def _few_items(self) -> Self:
        if sum(len(row.items) for row in self.results if row.items) > MOST_ITEMS_OF_ALL:
            raise PydanticCustomError(
                "too_many_items",
                "must have at most {most} item scores in all: send fewer rows at once",
                {"most": MOST_ITEMS_OF_ALL},
            )
        return self


class Reported(Answer):
    """A row of which there is something to say; `line` is 0 if the row has none.

    `place` names the file, and the line in it or a JSON pointer; null if the row names none.
    """

    line: int
    place: str | None
    model: str
    benchmark: str
    why: str


class ReportedRows(Answer):
    """How many rows; `items` are the first 1,000 of them, by line."""

    count: int
    items: list[Reported]


class ResultImportReport(Answer):
    """What became of the rows: each was added, was repeated, or is among the skipped.

    - `added`: new facts. `replaced` of them are now shown instead of an older score of the same
      thing, which is kept as history.
    - `repeated`: the hub knew the fact; it is one, however often it is stated.
    - `doubtful`: rows that were taken in although something about them is odd, with the reason.
    - `models_new`: models of which these are the first results; `benchmarks_new` are the
      benchmarks that the hub had not heard of.
    """

    dry_run: bool
    added: int
    repeated: int
    replaced: int
    skipped: ReportedRows
    doubtful: ReportedRows
    models_new: int
    benchmarks_new: list[str]


class ResultFileReport(ResultImportReport):
    """The report on a file, and the format that it was read as.

    The format of an archive names those of its files, as in `zip of lm-eval, table`.
    `mapping`: what the columns of a table were taken for, if that was guessed.
    """

    format: str
    mapping: dict[str, Any] | None
