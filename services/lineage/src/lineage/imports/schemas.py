"""The rows of an import, and its report.

A row is a dict: pydantic makes one in a fifth of the time that an object of ours would take.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Required

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from lineage.trust import MANUAL, REGISTRY
from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.names import Digest
from mergehub.contracts.shapes import Day, Text
from mergehub.contracts.strict import Lax, whole

MOST_ROWS = 10_000
UNKNOWN: Final = "unknown"
"""The relation of a row that states none."""

Relation = Literal["merge", "finetune", "adapter", "quantized", "distilled", "unknown"]
Role = Literal["base", "ingredient"]


def _others(value: str) -> str:
    if value in (REGISTRY, MANUAL):
        raise PydanticCustomError(
            "reserved", f"must not be {value}, by which the hub itself learns"
        )
    return value


Source = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60),
    AfterValidator(_others),
    Field(description="Where rows were learned, which decides how far they are trusted."),
]
Number = Annotated[float, Field(allow_inf_nan=False)]
WHOLE = BeforeValidator(whole)
Layer = tuple[Annotated[int, WHOLE], Annotated[int, WHOLE]]
Line = Annotated[
    Annotated[int, Field(ge=0, lt=2**53), WHOLE] | None,
    Field(description="The row's place, for the report."),
]
SkippedBecause = Literal["empty-name", "malformed-name", "self-loop", "cycle", "withdrawn"]
RawName = Annotated[str, Field(max_length=10_000)]
"""A name as a file has it. The import skips a row whose name is none, instead of refusing all."""


ROW = ConfigDict(strict=True, extra="forbid")


@with_config(ROW)
class ImportedEdge(TypedDict, total=False):
    """`child` came from `parent`."""

    child: Required[RawName]
    parent: Required[RawName]
    relation: Annotated[Relation, Field(json_schema_extra={"default": UNKNOWN})]
    role: Annotated[
        Role | None,
        Field(description="By default `ingredient` if the relation is `merge`, or else `base`."),
    ]
    method: Annotated[Text, Field(max_length=100)] | None
    weight: Number | None
    density: Annotated[Number, Field(ge=0, le=1)] | None
    layers: Annotated[list[Lax[Layer]], Field(max_length=1000)] | None
    child_digest: Digest | None
    parent_digest: Digest | None
    made_on: Annotated[
        Day | None,
        Field(
            description="When the child was made or published; by default what a row of the same "
            "request about the child says."
        ),
    ]
    evidence: Annotated[
        Annotated[Text, Field(max_length=1000)] | None,
        Field(description="A URL, or a file and line."),
    ]
    source: Annotated[Source | None, Field(description="By default that of the import.")]
    line: Line


@with_config(ROW)
class ImportedModel(TypedDict, total=False):
    """Facts about a model; null says nothing."""

    name: Required[RawName]
    architecture: Annotated[Text, Field(max_length=100)] | None
    parameters: Annotated[int, Field(ge=0, lt=2**63), WHOLE] | None
    tokenizer: Annotated[Text, Field(max_length=500)] | None
    licence: Annotated[Text, Field(max_length=100)] | None
    domains: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=60)]], Field(max_length=50)
    ]
    made_on: Annotated[Day | None, Field(description="When the model was published.")]
    line: Line


class ImportCreate(Message):
    """At most 10,000 rows. Importing the same rows again changes nothing."""

    model_config = example(
        source="edge-list",
        dry_run=False,
        edges=[
            {
                "child": "me/soup",
                "parent": "org/base",
                "relation": "merge",
                "role": "base",
                "evidence": "edges.csv:2",
                "line": 2,
            }
        ],
        models=[{"name": "org/base", "licence": "apache-2.0", "parameters": 7_000_000_000}],
    )

    source: Source = "edge-list"
    dry_run: bool = Field(False, description="Say what would be done, and do nothing.")
    edges: list[ImportedEdge] = Field(default_factory=list, max_length=MOST_ROWS)
    models: list[ImportedModel] = Field(default_factory=list, max_length=MOST_ROWS)


class EdgeCounts(Answer):
    """`strengthened`: the row is now what the graph shows; `weaker`: it is kept beside that."""

    added: int
    known: int
    strengthened: int
    weaker: int
    skipped: int


class ModelCounts(Answer):
    added: int
    changed: int


class Correction(Answer):
    """A value that was taken for another one."""

    line: int
    field: str
    was: str
    now: str
    reason: str


class Skipped(Answer):
    """A row that was not taken over; for a row about a model, `child` is its name."""

    line: int
    child: str
    parent: str | None
    code: SkippedBecause
    reason: str


class ImportReport(Answer):
    """What became of the rows. `would_add`: the models that a dry run has not added."""

    dry_run: bool
    edges: EdgeCounts
    models: ModelCounts
    would_add: list[str]
    corrected: list[Correction]
    skipped: list[Skipped]
