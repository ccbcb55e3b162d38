"""Merge runs: a recipe in, a model out."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.destinations import PushTo
from mergehub.contracts.examples import RECIPE, example
from mergehub.contracts.kinds.kind import Create, Result, RunKind, Spec
from mergehub.contracts.messages import Message
from mergehub.contracts.names import Digest, ModelName, Note
from mergehub.contracts.provenance.companions import Companions
from mergehub.contracts.provenance.files import Files
from mergehub.contracts.provenance.settings import Machine, Versions
from mergehub.contracts.provenance.tensors import Tensors
from mergehub.contracts.strict import Lax
from mergehub.recipe.lock import Lock

MOST_PARENTS = 1000
LONGEST_NAME = 500
"""The most ingredients in a result, and the most characters of such a name."""
LARGEST_LOCK = 4 << 20
"""The most bytes of a lock as canonical JSON."""
LARGEST_SEED = 2**63 - 1


class MergeRunCreate(Create):
    """Merge by a recipe: give either `recipe` (text) or `recipe_version` (an id)."""

    model_config = example(
        kind="merge", recipe=RECIPE, model_name="local/dates-and-units", hardware="cpu", seed=0
    )

    kind: Literal["merge"]
    recipe: str | None = Field(None, description="An inline recipe in mergekit's YAML.")
    recipe_version: Lax[UUID] | None = Field(None, description="The id of a published version.")
    model_name: ModelName = Field(
        description="The model's name: `soup` or `ann/soup` for the account `ann`, or `lab/soup` "
        "for a writer of the organisation `lab`. Case does not distinguish names."
    )
    seed: int = Field(
        0, ge=0, lt=LARGEST_SEED + 1, description="The seed of methods that draw at random."
    )
    push: PushTo | None = Field(
        None,
        description="Where to push the model once it is made: a run of kind `push` follows.",
    )


class MergeSpec(Spec):
    """All that a worker needs to merge, the recipe's text included."""

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
    """One ingredient of a merge, as reported to lineage."""

    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    digest: Digest | None = None
    relation: Literal["merge", "finetune", "adapter", "quantized"] = "merge"
    role: Literal["base", "ingredient"] = "ingredient"
    weight: float | None = None
    layers: list[Lax[tuple[int, int]]] | None = Field(
        None, description="The layer ranges [start, end) taken from it; null means all layers."
    )
    base: Parent | None = Field(None, description="The model that an adapter was applied to.")


class MergeResult(Result):
    """The outcome of a merge run.

    `versions` and what follows are empty or null in results of older workers.
    """

    kind: Literal["merge"]
    output_digest: Digest
    lock_digest: Digest
    engine_version: str = Field(max_length=100)
    method: str = Field(max_length=100)
    tensors: int = Field(ge=0)
    bytes: int = Field(ge=0)
    seconds: float
    parents: list[Parent] = Field(max_length=MOST_PARENTS)
    notes: list[Note] = Field(
        default_factory=list,
        max_length=50,
        description="Sentences that users of the model should know.",
    )
    versions: Versions = Field(default_factory=dict)
    machine: Machine | None = Field(
        default=None, description="Null if an earlier attempt made the model."
    )
    companions: Companions = Field(default_factory=dict)
    lock: Lock | None = Field(
        default=None, description="Only in reports; clients find it at the run's `lock` address."
    )
    manifest: Tensors | None = Field(
        default=None,
        description="Only in reports; clients find it at the run's `tensors` address.",
    )
    files: Files | None = Field(
        default=None,
        description="Only in reports; clients find them at `/v1/artifacts/{run_id}`.",
    )


KIND = RunKind("merge", MergeRunCreate, MergeSpec, MergeResult, 6 * 3600, makes_model=True)
