"""Merge runs: a recipe in, a model out."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.examples import RECIPE, example
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.messages import Message
from mergehub.contracts.names import Digest, ModelName, Note
from mergehub.contracts.strict import Lax

MOST_PARENTS = 1000
LONGEST_NAME = 500
"""Ingredients that a result names at most, and characters of such a name."""
LARGEST_SEED = 2**63 - 1


class MergeRunCreate(Create):
    """Merge: exactly one of `recipe` (text) and `recipe_version` (an id) says what."""

    model_config = example(
        kind="merge", recipe=RECIPE, model_name="local/dates-and-units", hardware="cpu", seed=0
    )

    kind: Literal["merge"]
    recipe: str | None = Field(None, description="An inline recipe: mergekit YAML as it is.")
    recipe_version: Lax[UUID] | None = Field(None, description="The id of a published version.")
    model_name: ModelName = Field(
        description="What the model will be called: `soup` or `ann/soup` of `ann`, or `lab/soup` "
        "where one writes for `lab`. Names are compared without case."
    )
    seed: int = Field(
        0, ge=0, lt=LARGEST_SEED + 1, description="Seeds the methods that draw at random."
    )


class MergeSpec(Spec):
    """What a worker needs to merge: the recipe's text travels along, so it asks nobody else."""

    kind: Literal["merge"]
    recipe: str
    recipe_version: Lax[UUID] | None
    recipe_digest: str
    model_name: str
    seed: int

    @property
    def named(self) -> str:
        return self.recipe


class Parent(Message):
    """One ingredient of a merge as lineage learns it."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    digest: Digest | None = None
    relation: Literal["merge", "finetune", "adapter", "quantized"] = "merge"
    role: Literal["base", "ingredient"] = "ingredient"
    weight: float | None = None
    layers: list[Lax[tuple[int, int]]] | None = Field(
        None, description="The layer ranges [start, end) taken from it; none means all of it."
    )
    base: Parent | None = Field(None, description="What an adapter was put upon.")


class MergeResult(Result):
    """The outcome of a merge run."""

    kind: Literal["merge"]
    output_digest: Digest
    lock_digest: Digest
    engine_version: str = Field(max_length=100)
    method: str = Field(max_length=100)
    tensors: int = Field(ge=0)
    bytes: int = Field(ge=0)
    seconds: float
    device: str | None = Field(
        None,
        max_length=200,
        description="What computed it: `cpu`, or a GPU; null where an earlier attempt had.",
    )
    parents: list[Parent] = Field(max_length=MOST_PARENTS)
    notes: list[Note] = Field(
        default_factory=list, max_length=50, description="What users of the model should know."
    )


KIND = RunKind("merge", MergeRunCreate, MergeSpec, MergeResult, 6 * 3600, makes_model=True)
