"""Sends batches of rows to a hub, and leaves out the rows that it cannot read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

import click

from mergehub.cli.connection import was_cut_off
from mergehub.client import HubClient, HubError
from mergehub.client.calls import Call


class Halved(Protocol):
    """A batch that can be sent in two."""

    def __len__(self) -> int: ...

    def halves(self) -> Iterator[Self]: ...


B = TypeVar("B", bound=Halved)


@dataclass(frozen=True)
class Sending(Generic[B]):
    """How batches are sent: the request of one, and what is done with its answer.

    `leave_out` removes the rows that a refusal names from the batch, and says whether there were
    any. The request is keyed, so that it is sent again if its answer is lost.
    """

    client: HubClient
    call: Callable[[B], Call[dict[str, Any]]]
    learn: Callable[[dict[str, Any], B], None]
    leave_out: Callable[[HubError, B], bool]

    def all(self, batches: Iterable[B]) -> Iterator[B]:
        """Import batches, one after the other; yields each once the hub has it.

        While the hub works on one, the next is read. Raises HubError.
        """
        with ThreadPoolExecutor(1) as thread:
            waiting: tuple[B, Future[dict[str, Any]]] | None = None
            for batch in batches:
                if waiting is not None:
                    self._finish(waiting[0], waiting[1].result)
                    yield waiting[0]
                waiting = batch, thread.submit(self.client.send, self.call(batch))
            if waiting is not None:
                self._finish(waiting[0], waiting[1].result)
                yield waiting[0]

    def one(self, batch: B) -> None:
        """Import a batch. Raises HubError."""
        self._finish(batch, lambda: self.client.send(self.call(batch)))

    def _finish(self, batch: B, ask: Callable[[], dict[str, Any]]) -> None:
        """Take in the answer about a batch. A row that the hub cannot read is left out."""
        while len(batch):
            try:
                answer = ask()
            except HubError as error:
                if error.status == 413 and len(batch) > 1:
                    for half in batch.halves():
                        self.one(half)
                    return
                if not self.leave_out(error, batch):
                    raise
            else:
                self.learn(answer, batch)
                return
            ask = self._again(batch)

    def _again(self, batch: B) -> Callable[[], dict[str, Any]]:
        return lambda: self.client.send(self.call(batch))


@contextmanager
def saying_how_to_go_on(state: Path | None) -> Iterator[None]:
    """If the hub goes away during the block, say what the same command does when it is back."""
    try:
        yield
    except click.ClickException as error:
        if not was_cut_off(error):
            raise
        then = "goes on there" if state else "sends all again, which adds nothing twice"
        stopped = f"The import stopped; when the hub answers, the same command {then}."
        raise click.ClickException(f"{error.message} {stopped}") from error
