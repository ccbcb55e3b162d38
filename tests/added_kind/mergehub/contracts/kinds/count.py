"""Count runs: a model in, the number of its tensors and elements out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec


class CountRunCreate(Create):
    """Count what a model holds."""

    kind: Literal["count"]
    model: str = Field(min_length=1, max_length=500)


class CountSpec(Spec):
    """`model` is what the worker opens."""

    kind: Literal["count"]
    model: str
    model_name: str

    @property
    def named(self) -> str:
        return self.model


class CountResult(Result):
    """The counts."""

    kind: Literal["count"]
    tensors: int = Field(ge=0)
    elements: int = Field(ge=0)


KIND = RunKind("count", CountRunCreate, CountSpec, CountResult, timeout_seconds=600)
