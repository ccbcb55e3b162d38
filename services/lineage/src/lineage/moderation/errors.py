"""The problems with flags and withdrawals."""

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


class EdgeNotFound(NotFound):
    """The model has no edge of this id to a parent."""

    code, title = "edge-not-found", "Edge not found"
    remedy = (
        "List the model's edges with `GET /v1/models/{id}/ancestors?max_depth=1`, and those that "
        "are withdrawn with `GET /v1/models/{id}`."
    )


class AlreadyWithdrawn(Conflict):
    """The edge is withdrawn."""

    code, title = "already-withdrawn", "The edge is already withdrawn"
    remedy = (
        "`withdrawn_parents` of `GET /v1/models/{id}` says why. Restore it to withdraw it anew."
    )


class WithdrawalNotFound(NotFound):
    """The edge is not withdrawn."""

    code, title = "withdrawal-not-found", "The edge is not withdrawn"
    remedy = "List what is withdrawn with `GET /v1/models/{id}`."


class ClosesCycle(Conflict):
    """Since the withdrawal, other edges have made the parent a descendant of the child."""

    code, title = "edge-closes-cycle", "The edge would close a cycle"
    remedy = (
        "Show the way from the parent to the child with `GET /v1/models/{id}/paths`, and withdraw "
        "an edge on it first."
    )
