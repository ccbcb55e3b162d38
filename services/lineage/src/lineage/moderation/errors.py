"""The problems with flags."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, NotFound


class AlreadyFlagged(Conflict):
    """The model has a flag of this kind, which is not cleared."""

    code, title = "already-flagged", "The model is already flagged"
    remedy = "Read the model's flags with `GET /v1/models/{id}`. Clear that flag to set another."


class FlagNotFound(NotFound):
    """The model has no flag of this id."""

    code, title = "flag-not-found", "Flag not found"
    remedy = "List the model's flags with `GET /v1/models/{id}`."
