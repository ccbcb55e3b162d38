"""Spans by OpenTelemetry's SDK, sent by OTLP over HTTP from a thread of their own.

Finished spans wait in a queue of bounded length. If the receiver is slow or away, the queue drops
spans; the program never waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import bound_contextvars

from mergehub import __version__
from mergehub.kit.telemetry.library_logs import only_first_line
from mergehub.kit.telemetry.logs import without_secrets
from mergehub.kit.telemetry.spans import Kind, Span, Value, trace_of

HEADER = "traceparent"
QUERY = "url.query"
W3C = TraceContextTextMapPropagator()


class Otlp:
    """Records the spans of this process, also those that FastAPI makes of requests."""

    def __init__(self, program: str) -> None:
        names: dict[str, Value] = {SERVICE_VERSION: __version__}
        if not os.environ.get("OTEL_SERVICE_NAME"):
            names[SERVICE_NAME] = program
        only_first_line("opentelemetry")  # that a receiver is away, and not every few seconds again
        self._provider = TracerProvider(resource=Resource.create(names), shutdown_on_exit=False)
        self._provider.add_span_processor(WithoutSecrets())
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer("mergehub", __version__)

    @contextmanager
    def span(
        self, name: str, parent: str | None, kind: Kind, attributes: Mapping[str, Value]
    ) -> Iterator[Span]:
        """Trace the block, whose log lines get the trace's id."""
        started = self._tracer.start_as_current_span(
            name,
            context=_context(parent) if parent else None,
            kind=SpanKind[kind.upper()],
            attributes=_named(attributes),
            record_exception=False,  # its text may have secrets
            set_status_on_exception=False,
        )
        with started as current, bound_contextvars(trace_id=trace_of(self.current() or "--")):
            try:
                yield _Noting(current)
            except BaseException as error:
                current.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def record(
        self, name: str, parent: str, started: int, kind: Kind, attributes: Mapping[str, Value]
    ) -> None:
        """Trace work that has ended."""
        done = self._tracer.start_span(
            name,
            context=_context(parent),
            kind=SpanKind[kind.upper()],
            attributes=_named(attributes),
            start_time=started,
        )
        done.end()

    def current(self) -> str | None:
        """The current span as W3C's header."""
        carrier: dict[str, str] = {}
        W3C.inject(carrier)
        return carrier.get(HEADER)

    def flush(self, seconds: float) -> None:
        """Send what waits, in a thread that ends with the process if the receiver hangs."""
        flushing = Thread(target=self._provider.force_flush, daemon=True)
        flushing.start()
        flushing.join(seconds)


class _Noting:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, **attributes: Value) -> None:
        self._span.set_attributes(_named(attributes))


class WithoutSecrets(SpanProcessor):
    """Removes secrets from the queries of requests, such as the code of a sign-in."""

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        query = (span.attributes or {}).get(QUERY)
        if isinstance(query, str):
            span.set_attribute(QUERY, without_secrets(f"?{query}")[1:])

    def on_end(self, span: ReadableSpan) -> None:
        pass


def _context(parent: str) -> Context:
    return W3C.extract({HEADER: parent}, Context())


def _named(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {f"mergehub.{name}": value for name, value in attributes.items()}
