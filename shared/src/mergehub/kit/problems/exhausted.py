"""Problems of a hub that is not ready, or ran out of time, disk space, or one caller's quota."""

from __future__ import annotations

from mergehub.kit.problems.problem import Problem, Unavailable


class NotReady(Problem):
    """The service cannot work yet: a store does not answer, or its database is being migrated."""

    status, code, title = 503, "not-ready", "The service is not ready"
    remedy = "Wait and try again. If it lasts, check the part that the detail names."


class TookTooLong(Problem):
    """The hub did not finish its answer within the time limit of a request, and gave up."""

    status, code, title = 503, "took-too-long", "The answer took too long"
    remedy = (
        "Send the request again, a POST with the same `Idempotency-Key`: the first one may have "
        "taken effect."
    )


class TooManyRequests(Problem):
    """The token, or the address if there is no token, has used up its quota of reads or writes."""

    status, code, title = 429, "too-many-requests", "Too many requests"
    remedy = (
        "Wait for the seconds in `Retry-After`. The header `RateLimit` says how many requests are "
        "left."
    )


class StorageFull(Unavailable):
    """The disk of the hub's data is full. The hub stores nothing; reading still works."""

    code, title = "storage-full", "The hub's disk is full"
    remedy = "Free space on the disk of the hub's data, then send the same request again."
