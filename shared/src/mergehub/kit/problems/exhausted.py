"""Problems of a hub that has no more of something: time, disk, or patience with one caller."""

from __future__ import annotations

from mergehub.kit.problems.problem import Problem, Unavailable


class TookTooLong(Problem):
    """The hub needed longer for its answer than a request may take, and gave up."""

    status, code, title = 503, "took-too-long", "The answer took too long"
    remedy = "Repeat it, a POST with the same `Idempotency-Key`: it may have had its effect."


class TooManyRequests(Problem):
    """The caller, a token or an address without one, has used up its quota of reads or writes."""

    status, code, title = 429, "too-many-requests", "Too many requests"
    remedy = "Wait for the seconds of `Retry-After`; `RateLimit` tells how much is left."


class StorageFull(Unavailable):
    """The disk of the hub's data is full, so nothing can be stored; reading goes on."""

    code, title = "storage-full", "The hub's disk is full"
    remedy = "Free space on the disk of the hub's data, then send the same request again."
