"""What clients get of locks, manifests and reproductions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mergehub.contracts.kinds.verify import TensorDifference
from mergehub.contracts.messages import Answer
from mergehub.contracts.provenance.companions import FileDifference
from mergehub.contracts.provenance.settings import MergeSetting, Unlike
from mergehub.contracts.provenance.tensors import Tensors
from mergehub.kit.paging.pages import Page
from mergehub.recipe import Lock


class RunLock(Answer):
    """The lock of a merge. `digest` is the SHA-256 of the lock as canonical JSON (RFC 8785)."""

    run: UUID
    digest: str
    lock: Lock


class RunTensors(Answer):
    """The tensors of the model that a merge made, by name."""

    run: UUID
    output_digest: str
    tensors: Tensors


class Reproduction(Answer):
    """A merge by the recipe that a verify run made again.

    `owner` had it made again on `worker`. `independent` says that this is not the account that owns
    the merge, or a member of it. `differences` are the five largest; the run lists more.
    `differing_files` are the files beside the weights, and null if a worker did not report them.
    """

    run: UUID
    owner: str
    independent: bool
    worker: str | None
    finished_at: datetime
    merge: UUID
    merge_owner: str
    model_name: str
    version: int
    same: bool
    tensors: int
    differing: int
    differences: list[TensorDifference]
    made: MergeSetting
    again: MergeSetting
    unlike: list[Unlike]
    differing_files: list[FileDifference] | None


class ReproductionPage(Page[Reproduction]):
    """Newest first."""
