"""How a run is followed to its end over lost connections, without connecting: the clients do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast
from uuid import UUID

import httpx

from mergehub.backoff import Backoff
from mergehub.client import api
from mergehub.client.calls import Call, Stream
from mergehub.client.errors import HubError
from mergehub.client.sse import ServerSentEvent
from mergehub.client.types.registry import Run

Outage = Callable[[bool], object]
"""Hears True once a hub does not answer, and False once it is back."""

FINAL = frozenset({"succeeded", "failed", "cancelled"})
QUIET_SECONDS = 30.0  # a stream that is quiet for longer is dead; the hub shows life every 15 s
POLL_SECONDS = 25
BACKOFF = Backoff(first=0.2, longest=5.0)
SILENT_STREAMS = 2  # so many that told nothing: something on the way holds streams back


def is_final(run: Run) -> bool:
    """Whether a run is over."""
    return run["state"] in FINAL


class NoStream(Exception):
    """What answers is no stream: something on the way does not let one through."""


class NothingMore(Exception):
    """The stream has ended before, and its last event is known."""


class Following:
    """What is known of a run, and how to learn more: by streams, or else by asking and waiting."""

    def __init__(
        self, run_id: str | UUID, after: int, on_outage: Outage = lambda away: None
    ) -> None:
        """`on_outage` hears True once the hub does not answer, and False once it is back."""
        self._on_outage = on_outage
        self._failed = self._away = False
        self._run_id = run_id
        self._after = self._seen = after
        self._silent = 0
        self._pauses = BACKOFF.pauses()
        self.over = False

    def stream(self) -> Stream | None:
        """The stream to read next; None if streams do not come through."""
        if self._silent >= SILENT_STREAMS:
            return None
        self._silent += 1
        return api.follow_run(self._run_id, last_event_id=str(self._seen) if self._seen else None)

    def question(self) -> Call[Run]:
        """What the hub answers at the next change, or refuses with 304 after a while."""
        return api.get_run(self._run_id, wait=POLL_SECONDS, if_none_match=f'"{self._seen}"')

    def hear(self, event: ServerSentEvent) -> Run | None:
        """The run that an event tells of, if it is news."""
        self._silent = 0
        return self.learn(cast(Run, json.loads(event.data)))

    def learn(self, run: Run) -> Run | None:
        """The same run, if it is news."""
        self._pauses = BACKOFF.pauses()
        self.answered()
        if run["revision"] <= self._seen:
            return None
        self._seen = run["revision"]
        self.over = is_final(run)
        return run

    def stumble(self, error: Exception) -> None:
        """Something broke: raises the error again unless it passes."""
        if isinstance(error, NoStream):
            self._silent = SILENT_STREAMS
        elif isinstance(error, HubError) and error.status == 304:
            self._pauses = BACKOFF.pauses()
            self.answered()
        elif not isinstance(error, httpx.ReadTimeout):  # a quiet stream counts as a silent one
            if self._seen == self._after or not _passes(error):
                raise error
            self._silent = 0  # the hub is away, so streams are not to blame
            self._fail(error)

    def answered(self) -> None:
        """Note that the hub answers, also where it has no news."""
        self._failed = False
        if self._away:
            self._away = False
            self._on_outage(False)

    def _fail(self, error: Exception) -> None:
        """A stream that broke is no outage yet: the next try shows it."""
        if (self._failed or isinstance(error, HubError)) and not self._away:
            self._away = True
            self._on_outage(True)
        self._failed = True

    def pause(self) -> float:
        """Seconds to wait before going on, longer each time that nothing was learnt."""
        return next(self._pauses)


def _passes(error: Exception) -> bool:
    if isinstance(error, HubError):
        return error.status >= 500 or error.status == 429
    return isinstance(error, httpx.TransportError)


def check_stream(answer: httpx.Response) -> None:
    """Raises NothingMore or NoStream if an answer is no stream."""
    if answer.status_code == 204:
        raise NothingMore
    if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        raise NoStream
