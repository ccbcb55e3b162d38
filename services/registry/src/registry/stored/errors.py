"""The problems of runs that need models which are no longer stored, or may store no more."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Forbidden


class ModelGone(Conflict):
    """A model that the run uses was deleted, to free space or by its owner."""

    code, title = "model-gone", "A model that the run uses was deleted"
    remedy = (
        "Run it again from its lock: submit a merge with the recipe and the seed of its `spec`, of "
        "the revisions in `GET /v1/runs/{run_id}/lock`. Then name the new run."
    )


class StorageQuotaExceeded(Forbidden):
    """The models of the account take as many bytes as its quota allows."""

    code, title = "storage-quota-exceeded", "The account's models take all the space of its quota"
    remedy = (
        "Delete models that you no longer need (`mergehub artifacts delete RUN`), or ask an "
        "administrator for a higher quota."
    )
