"""The problems of requests with an `Idempotency-Key`."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid


class KeyReused(Invalid):
    """The `Idempotency-Key` was sent with another body within the last 24 hours."""

    code, title = "idempotency-key-reused", "The key was used for another request"
    remedy = "Send a new key with each new request, and the same key only to repeat a request."


class KeyInProgress(Conflict):
    """A request with this `Idempotency-Key` is still running, so its answer is not known yet."""

    code, title = "idempotency-key-in-progress", "The first request with this key is still running"
    remedy = "Wait the seconds of `Retry-After`, then repeat the request with the same key."
