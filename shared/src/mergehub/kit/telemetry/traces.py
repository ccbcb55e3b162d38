"""Traces by OpenTelemetry. If no variable names a receiver, nothing of it is imported.

A trace passes from one process to the next as a `traceparent` (W3C Trace Context): in a header, a
row, an event or a job. Each function here does nothing while there are no traces.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from mergehub.kit.telemetry.spans import Kind, Span, Tracing, Value, trace_of

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
INSTALL = "pip install 'mergehub[otel]'"


class _NoSpan:
    def note(self, **attributes: Value) -> None:
        pass


_NO_SPAN = _NoSpan()
_tracing: Tracing | None = None


def begin_tracing(program: str) -> str | None:
    """Trace this process if the environment names a receiver; only the first call has an effect.

    `program` is its name in traces, unless `OTEL_SERVICE_NAME` has another. Returns why there are
    no traces although a receiver is named, else None.
    """
    global _tracing
    if _tracing is not None or not any(os.environ.get(each) for each in ENDPOINTS):
        return None
    try:
        from mergehub.kit.telemetry.otlp import Otlp

        _tracing = Otlp(program)
    except Exception as error:
        return f"{type(error).__name__}: {error}. Traces need: {INSTALL}"
    return None


def end_tracing(seconds: float = 2.0) -> None:
    """Send the last spans, for at most so long; whatever is left then is lost."""
    if _tracing is not None:
        _tracing.flush(seconds)


@contextmanager
def span(
    name: str, parent: str | None = None, kind: Kind = "internal", **attributes: Value
) -> Iterator[Span]:
    """Trace the block as a span, which follows from `parent` or else from the current span."""
    if _tracing is None:
        yield _NO_SPAN
        return
    with _tracing.span(name, parent, kind, attributes) as current:
        yield current


def record(
    name: str, parent: str | None, started: int, kind: Kind = "internal", **attributes: Value
) -> None:
    """Trace work that has ended now and began at `started`, in nanoseconds since 1970.

    Without a parent nothing is traced: for work that learns only at its end what it was for.
    """
    if _tracing is not None and parent is not None:
        _tracing.record(name, parent, started, kind, attributes)


def traceparent() -> str | None:
    """The current span, for another process; None without traces, or outside of any span."""
    return None if _tracing is None else _tracing.current()


def within(stored: str | None) -> str | None:
    """The current span if it is of the same trace as `stored`, else `stored`."""
    now = traceparent()
    return now if now and (stored is None or trace_of(now) == trace_of(stored)) else stored


def log_fields() -> dict[str, str]:
    """What log lines of the current span should have."""
    now = traceparent()
    return {"trace_id": trace_of(now)} if now else {}
