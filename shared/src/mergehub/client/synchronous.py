"""The blocking client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx

from mergehub.client.calls import Call, Item, Pages, Stream, T
from mergehub.client.connection import found, settings
from mergehub.client.errors import HubError, check_answer, error_of, reaching
from mergehub.client.exchange import TRIES, Outcome, Pause, exchange
from mergehub.client.following import (
    QUIET_SECONDS,
    Following,
    NoStream,
    NothingMore,
    Outage,
    check_stream,
)
from mergehub.client.sse import EventReader, ServerSentEvent
from mergehub.client.types.registry import Run

Page = TypeVar("Page")


class Mergehub:
    """A client for one hub and one token. It raises HubError if the hub refuses a call."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        tries: int = TRIES,
        seconds: float | None = None,
    ) -> None:
        """`tries`: how often to send a call at most, if sending it again can do no harm.

        `seconds`: how long to wait for an answer; without it, longer than a hub takes.
        """
        self.url = url.rstrip("/")
        self._tries = tries
        limit = {} if seconds is None else {"timeout": seconds}
        self._http = httpx.Client(**settings(self.url, token) | limit)

    @classmethod
    def found(cls, url: str | None = None, token: str | None = None) -> Self:
        """A client for the hub of MERGEHUB_URL, or for the one that `mergehub up` started here.

        Raises HubUnreachable if MERGEHUB_DATA names a folder without a hub.
        """
        return cls(*found(url, token))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Send a call of `mergehub.client.api` and return the body of the answer."""
        steps = exchange(call, self._tries)
        outcome: Outcome | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                body: T = end.value
                return body
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                outcome = None
            else:
                outcome = self._attempt(step)

    def pages(self, call: Pages[Page, Item]) -> Iterator[Item]:
        """The items of a list, fetched page by page on demand."""
        while True:
            page: Any = self.send(call)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            call = call.behind(page["next_cursor"])

    def pieces(self, call: Call[Any]) -> Iterator[bytes]:
        """The body of an answer as it arrives, for one that may be too large for memory.

        Raises:
            HubError: the hub refused it.
            httpx.TransportError: the connection broke.
        """
        with self.opened(call) as answer:
            yield from answer.iter_bytes()

    @contextmanager
    def opened(self, call: Call[Any]) -> Iterator[httpx.Response]:
        """The answer to a call, whose body is still to be read. Raises HubError if it is a refusal.

        The call is sent once.
        """
        request = self._http.build_request(**call.request())
        with reaching(self.url):
            answer = self._http.send(request, stream=True)
        try:
            if not answer.is_success:
                answer.read()
                raise error_of(answer)
            check_answer(answer)
            yield answer
        finally:
            answer.close()

    def events(
        self,
        call: Stream,
        quiet_seconds: float = QUIET_SECONDS,
        *,
        opened: Callable[[], object] = lambda: None,
    ) -> Iterator[ServerSentEvent]:
        """The events of one stream to its end; `opened` is called when the stream begins.

        Raises:
            httpx.TransportError: the connection broke, or was silent for too long.
            NothingMore: the stream had ended before, and you have its last event.
        """
        request = self._http.build_request(**call.request())
        request.headers["Accept"] = "text/event-stream"
        request.extensions["timeout"] = {**request.extensions["timeout"], "read": quiet_seconds}
        with reaching(self.url):
            answer = self._http.send(request, stream=True)
        try:
            if not answer.is_success:
                answer.read()
                raise error_of(answer)
            check_stream(answer)
            opened()
            reader = EventReader()
            for piece in answer.iter_text():
                yield from reader.feed(piece)
        finally:
            answer.close()

    def follow(
        self,
        run_id: str | UUID,
        *,
        after: int = 0,
        quiet_seconds: float = QUIET_SECONDS,
        on_outage: Outage = lambda away: None,
    ) -> Iterator[Run]:
        """Each change of a run until its end, across lost connections and restarts of the hub.

        `after` is a revision that you have already: only later ones follow. `on_outage` is called
        with True when the hub stops answering, and with False when it answers again.
        """
        following = Following(run_id, after, on_outage)
        while True:
            try:
                for run in self._signs(following, quiet_seconds):
                    if run is not None:
                        yield run
                    if following.over:
                        return
            except NothingMore:
                return
            except (httpx.TransportError, HubError, NoStream) as error:
                following.stumble(error)
            time.sleep(following.pause())

    def _signs(self, following: Following, quiet_seconds: float) -> Iterator[Run | None]:
        stream = following.stream()
        if stream is None:
            yield following.learn(self.send(following.question()))
            return
        for event in self.events(stream, quiet_seconds, opened=following.answered):
            yield following.hear(event)

    def _attempt(self, call: Call[T]) -> Outcome:
        try:
            with reaching(self.url):
                return self._http.request(**call.request())
        except httpx.TransportError as error:
            return error
