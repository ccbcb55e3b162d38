"""The problems of requests about the models of runs."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, NotFound, Problem


class ArtifactNotFound(NotFound):
    """No run with this id has made a model, or the run is private to others."""

    code, title = "artifact-not-found", "The run has no model"
    remedy = "List the models with `GET /v1/artifacts`. A run has one once it has succeeded."


class FileNotFound(NotFound):
    """The model has no file with this name."""

    code, title = "file-not-found", "The model has no such file"
    remedy = "List the files with `GET /v1/artifacts/{run_id}`."


class ArtifactGone(Problem):
    """The run has made a model, whose files were deleted since."""

    status, code, title = 410, "artifact-gone", "The model was deleted"
    remedy = (
        "Run it again from its lock: submit a merge with the recipe and the seed of the run's "
        "`spec`, of the revisions in `GET /v1/runs/{run_id}/lock`."
    )


class ArtifactNeeded(Conflict):
    """Something still needs the model, or it is pinned."""

    code, title = "artifact-needed", "The model is needed"
    remedy = "Wait for the runs that the detail names, delete the models made of it, or unpin it."
