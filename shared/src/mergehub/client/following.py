"""Follow a run to its end across lost connections, without I/O; the clients do that."""

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
"""Called with True when a hub stops answering, and with False when it answers again."""

FINAL = frozenset({"succeeded", "failed", "cancelled"})
QUIET_SECONDS = 30.0  # a stream that is silent for longer is dead: the hub sends every 15 s
POLL_SECONDS = 25
BACKOFF = Backoff(first=0.2, longest=5.0)
SILENT_STREAMS = 2  # after this number of streams without an event, a proxy must be buffering them


def is_final(run: Run) -> bool:
    """Whether a run is over."""
    return run["state"] in FINAL


class NoStream(Exception):
    """The answer is not a stream: a proxy on the way does not let one through."""


class NothingMore(Exception):
    """The stream had ended before, and its last event is known."""


class Following:
    """The known state of a run, and how to learn more: by streams, or else by long polling."""

    def __init__(
        self, run_id: str | UUID, after: int, on_outage: Outage = lambda away: None
    ) -> None:
        """`on_outage` is called with True when an outage begins, and with False when it ends."""
        self._on_outage = on_outage
        self._failed = self._away = False
        self._run_id = run_id
        self._after = self._seen = after
        self._silent = 0
        self._pauses = BACKOFF.pauses()
        self.over = False

    def stream(self) -> Stream | None:
        """The stream to read next; None if streams do not get through."""
        if self._silent >= SILENT_STREAMS:
            return None
        self._silent += 1
        return api.follow_run(self._run_id, last_event_id=str(self._seen) if self._seen else None)

    def question(self) -> Call[Run]:
        """The call that the hub answers at the next change, or with 304 after a while."""
        return api.get_run(self._run_id, wait=POLL_SECONDS, if_none_match=f'"{self._seen}"')

    def hear(self, event: ServerSentEvent) -> Run | None:
        """The run of an event, if its revision is new."""
        self._silent = 0
        return self.learn(cast(Run, json.loads(event.data)))

    def learn(self, run: Run) -> Run | None:
        """The same run, if its revision is new."""
        self._pauses = BACKOFF.pauses()
        self.answered()
        if run["revision"] <= self._seen:
            return None
        self._seen = run["revision"]
        self.over = is_final(run)
        return run

    def stumble(self, error: Exception) -> None:
        """Note an error, and raise it again unless it is temporary."""
        if isinstance(error, NoStream):
            self._silent = SILENT_STREAMS
        elif isinstance(error, HubError) and error.status == 304:
            self._pauses = BACKOFF.pauses()
            self.answered()
        elif not isinstance(error, httpx.ReadTimeout):  # a timeout counts as a silent stream
            if self._seen == self._after or not _passes(error):
                raise error
            self._silent = 0  # the hub is down, so streams are not to blame
            self._fail(error)

    def answered(self) -> None:
        """Note that the hub answers, even if nothing is new."""
        self._failed = False
        if self._away:
            self._away = False
            self._on_outage(False)

    def _fail(self, error: Exception) -> None:
        """Count a failure; a broken stream is not an outage until the next try fails, too."""
        if (self._failed or isinstance(error, HubError)) and not self._away:
            self._away = True
            self._on_outage(True)
        self._failed = True

    def pause(self) -> float:
        """Seconds to wait before the next try; longer after each try that brought nothing new."""
        return next(self._pauses)


def _passes(error: Exception) -> bool:
    if isinstance(error, HubError):
        return error.status >= 500 or error.status == 429
    return isinstance(error, httpx.TransportError)


def check_stream(answer: httpx.Response) -> None:
    """Raises NothingMore or NoStream if an answer is not a stream."""
    if answer.status_code == 204:
        raise NothingMore
    if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        raise NoStream
