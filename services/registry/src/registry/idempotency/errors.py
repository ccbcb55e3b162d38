"""When a key cannot be answered for."""

from __future__ import annotations

from mergehub.kit.problems.problem import Conflict, Invalid


class KeyReused(Invalid):
    """The `Idempotency-Key` was sent before, within 24 hours, with another body."""

    code, title = "idempotency-key-reused", "The key was used for another request"
    remedy = "Send a new key with each new request, and the same one only to repeat a request."


class KeyInProgress(Conflict):
    """A request with this `Idempotency-Key` is being worked on, so its answer is not known yet."""

    code, title = "idempotency-key-in-progress", "The first request with this key still runs"
    remedy = "Repeat the request with the same key after the seconds of `Retry-After`."
