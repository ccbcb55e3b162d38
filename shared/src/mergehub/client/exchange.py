"""The steps of sending a call and of retries, without I/O; the clients carry the steps out."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TypeVar, cast
from uuid import uuid4

import httpx

from mergehub.backoff import Backoff, retry_after
from mergehub.client.calls import Answer, Call
from mergehub.client.errors import check_answer, error_of

T = TypeVar("T")

TRIES = 4
BACKOFF = Backoff(first=0.8, jitter=0.5)
LONGEST_WAIT_SECONDS = 60
MOST_MOVES = 3


@dataclass(frozen=True)
class Pause:
    """A step: wait."""

    seconds: float


Outcome = httpx.Response | httpx.TransportError
Steps = Generator[Call[T] | Pause, Outcome | None, T]


def exchange(call: Call[T], tries: int = TRIES) -> Steps[T]:
    """Yields a call to send, and expects its outcome, or yields a pause; returns the body.

    Raises:
        HubError: the hub refused it.
        httpx.TransportError: the answer was lost, and a retry might act twice, or all retries
            failed.
    """
    sent = call.under(str(uuid4())) if call.keyed else call
    tried = moves = 0
    while True:
        outcome = yield sent
        moved = _moved(sent, outcome) if moves < MOST_MOVES else None
        if moved is not None:
            sent, moves = moved, moves + 1
            continue
        tried += 1
        seconds = _wait(sent, outcome, tried) if tried < tries else None
        if seconds is None:
            return cast(T, _read(outcome))
        yield Pause(seconds)


def _moved(call: Call[T], outcome: Outcome | None) -> Call[T] | None:
    """The call to send instead if what is read has another address in the same hub now."""
    if not isinstance(outcome, httpx.Response) or outcome.status_code != 308:
        return None
    address = outcome.headers.get("Location", "")
    if call.method != "GET" or not address.startswith("/v1/"):
        return None
    return replace(call, path=address)


def _wait(call: Call[T], outcome: Outcome | None, tried: int) -> float | None:
    """How many seconds to wait before a retry; None if a retry would not help, or could do harm."""
    told = None
    if isinstance(outcome, httpx.Response):
        told = retry_after(outcome.headers.get("Retry-After"))
    if not _asks_to_repeat(call, outcome, told):
        return None
    seconds = told if told is not None else BACKOFF.pause(tried)
    return seconds if seconds <= LONGEST_WAIT_SECONDS else None


def _asks_to_repeat(call: Call[T], outcome: Outcome | None, told: float | None) -> bool:
    if not isinstance(outcome, httpx.Response):
        return call.repeatable
    if outcome.status_code == 429:
        return True  # the hub refused it before it did anything
    if outcome.status_code == 503:
        return call.repeatable
    return (
        outcome.status_code == 409 and told is not None and call.repeatable
    )  # the first try still runs


def _read(outcome: Outcome | None) -> object:
    if not isinstance(outcome, httpx.Response):
        assert outcome is not None
        raise outcome
    if not outcome.is_success:
        raise error_of(outcome)
    check_answer(outcome)
    if outcome.status_code == 204:
        return None
    if outcome.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        return outcome.text
    body = outcome.json()
    if isinstance(body, dict):
        body = Answer(body)
        body.headers = outcome.headers
    return body
