"""Push runs: the model of a run in, its address at the Hugging Face Hub or in a bucket out."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.destinations import Destination, Private, Replace
from mergehub.contracts.examples import RUN_ID, example
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.strict import Lax


class PushRunCreate(Create):
    """Push the model that a run has made. You must be a writer of the account that owns the run."""

    model_config = example(kind="push", run=RUN_ID, destination="hf://lab/dates-and-units")

    kind: Literal["push"]
    run: Lax[UUID] = Field(description="A merge run that succeeded.")
    destination: Destination = Field(
        description="`hf://owner/name`, `hf://owner/name@branch` or `s3://bucket/prefix`; a worker "
        "must be allowed to push there."
    )
    replace: Replace = False
    private: Private = True


class PushSpec(Spec):
    """All that a worker needs to push a model; tokens and keys are the worker's own."""

    kind: Literal["push"]
    run: Lax[UUID]
    model_name: str
    destination: str
    replace: bool
    private: bool

    @property
    def named(self) -> str:
        return self.destination


class PushResult(Result):
    """Where a model is now. What was there already was not sent again."""

    kind: Literal["push"]
    destination: str = Field(max_length=500)
    url: str = Field(max_length=2000, description="Where to find it.")
    commit: str | None = Field(
        max_length=100, description="The commit with the model; null in a bucket."
    )
    visibility: Literal["public", "private"] | None = Field(
        description="Who reads the repository; null in a bucket."
    )
    files: int = Field(ge=0, lt=2**31, description="How many files the model has.")
    pushed_bytes: int = Field(ge=0, lt=2**63, description="Their size together.")
    sent: int = Field(ge=0, lt=2**31, description="How many of the files this attempt sent.")
    seconds: float


KIND = RunKind("push", PushRunCreate, PushSpec, PushResult, 12 * 3600)
