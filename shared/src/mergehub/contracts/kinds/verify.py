"""Verify runs: a merge run in; whether its recipe and lock give the same tensors again, out."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import RUN_ID, example
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.messages import Message
from mergehub.contracts.names import Digest
from mergehub.contracts.provenance.companions import Companions, FileDifference
from mergehub.contracts.provenance.settings import Machine, MergeSetting, Unlike, Versions
from mergehub.contracts.provenance.tensors import TensorDigest, TensorName, Tensors
from mergehub.contracts.strict import Lax
from mergehub.recipe.lock import Lock

MOST_DIFFERENCES = 50


class VerifyRunCreate(Create):
    """Merge again what a run has merged, and compare tensor by tensor; no model is written."""

    model_config = example(kind="verify", run=RUN_ID)

    kind: Literal["verify"]
    run: Lax[UUID] = Field(description="A merge run that succeeded.")


class VerifySpec(Spec):
    """All that a worker needs to merge again. `lock` and `manifest` are only in claims."""

    kind: Literal["verify"]
    run: Lax[UUID]
    recipe: str
    recipe_version: Lax[UUID] | None
    recipe_digest: str
    model_name: str
    seed: int
    output_digest: str
    made: MergeSetting = Field(description="What computed the model.")
    independent: bool = Field(
        description="Whether the submitter neither owns the merge run nor writes for its owner."
    )
    lock: Lock | None = None
    manifest: Tensors | None = None

    @property
    def named(self) -> str:
        return self.recipe


class TensorDifference(Message):
    """A tensor that is not the same again. One that is on one side only is null on the other."""

    name: TensorName
    made: TensorDigest | None = Field(description="As the run made it.")
    again: TensorDigest | None = Field(description="As it was made again.")
    elements: int | None = Field(
        ge=0,
        lt=2**63,
        description="How many elements differ; null if type or shape differ, or if the worker "
        "could not read the run's model.",
    )
    largest: float | None = Field(
        description="The largest difference between two finite elements, if it is known."
    )


class VerifyResult(Result):
    """The outcome of a verify run. Of many differences, the largest are listed."""

    kind: Literal["verify"]
    output_digest: Digest
    same: bool
    method: str = Field(max_length=100)
    tensors: int = Field(ge=0, description="How many tensors were compared.")
    compared_bytes: int = Field(ge=0, lt=2**63)
    differing: int = Field(ge=0, description="How many of the tensors differ.")
    differences: list[TensorDifference] = Field(max_length=MOST_DIFFERENCES)
    engine_version: str = Field(max_length=100)
    versions: Versions
    machine: Machine | None
    unlike: list[Unlike] = Field(
        max_length=50, description="In what the settings of the two merges differ."
    )
    seconds: float
    companions: Companions = Field(default_factory=dict)
    differing_files: list[FileDifference] | None = Field(
        default=None,
        description="The files beside the weights that differ, as the hub finds; null if a worker "
        "is too old to report them.",
    )


KIND = RunKind("verify", VerifyRunCreate, VerifySpec, VerifyResult, 6 * 3600)
