"""Traces without a receiver, without the packages that send them, and without secrets."""

from __future__ import annotations

import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mergehub.kit.telemetry import traces
from mergehub.kit.telemetry.otlp import WithoutSecrets

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def _no_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in traces.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)


def test_without_a_receiver_everything_works_and_nothing_is_traced() -> None:
    assert traces.begin_tracing("test") is None
    with traces.span("work", PARENT, run="7f") as span:
        span.note(outcome="succeeded")
        assert traces.traceparent() is None
        assert traces.log_fields() == {}
    traces.record("done", PARENT, 0)
    traces.end_tracing()


def test_what_is_stored_goes_on_without_a_receiver() -> None:
    assert traces.within(PARENT) == PARENT
    assert traces.within(None) is None


def test_a_missing_package_is_named_and_ends_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "mergehub.kit.telemetry.otlp", None)
    fault = traces.begin_tracing("test")
    assert fault is not None
    assert fault.endswith("Traces need: pip install 'mergehub[otel]'")
    assert traces.traceparent() is None


def test_the_code_of_a_sign_in_leaves_no_program() -> None:
    provider, spans = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(WithoutSecrets())
    provider.add_span_processor(SimpleSpanProcessor(spans))
    query = {"url.query": "code=abcdef&state=x"}
    with provider.get_tracer("test").start_as_current_span("GET", attributes=query):
        pass
    [span] = spans.get_finished_spans()
    assert dict(span.attributes or {}) == {"url.query": "code=…&state=x"}
