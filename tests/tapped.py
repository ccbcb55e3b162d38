"""A receiver of OTLP, to which programs under test send their traces."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from oteltap import OtelTapHttpProtobufReceiver, OtelTapHttpProtobufReceiverSettings

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@asynccontextmanager
async def tapped() -> AsyncIterator[tuple[str, list[Span]]]:
    """A receiver of OTLP: its address, and the spans that have arrived."""
    port, spans = free_port(), list[Span]()
    settings = OtelTapHttpProtobufReceiverSettings(
        http_port=port,
        listen_on_all_interfaces=False,
        print_traces_as_ndjson=False,
        print_logs_as_ndjson=False,
        print_metrics_as_ndjson=False,
    )
    async with OtelTapHttpProtobufReceiver(settings) as tap:

        async def collect() -> None:
            async for span in tap.stream_traces():
                spans.append(span)

        collecting = asyncio.create_task(collect())
        yield f"http://127.0.0.1:{port}", spans
        collecting.cancel()
        with suppress(asyncio.CancelledError):
            await collecting
