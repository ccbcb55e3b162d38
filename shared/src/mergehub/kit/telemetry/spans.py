"""What spans are to the program, whatever records them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Literal, Protocol

Kind = Literal["internal", "client", "consumer", "producer"]
Value = str | int | float | bool


class Span(Protocol):
    """A piece of work that is being traced."""

    def note(self, **attributes: Value) -> None:
        """Add attributes to the span."""


class Tracing(Protocol):
    """What records spans and sends them; no call waits for the receiver, except `flush`."""

    def span(
        self, name: str, parent: str | None, kind: Kind, attributes: Mapping[str, Value]
    ) -> AbstractContextManager[Span]: ...

    def record(
        self, name: str, parent: str, started: int, kind: Kind, attributes: Mapping[str, Value]
    ) -> None: ...

    def current(self) -> str | None: ...

    def flush(self, seconds: float) -> None: ...


def trace_of(traceparent: str) -> str:
    """The id of the trace, as logs have it."""
    return traceparent.split("-")[1]
