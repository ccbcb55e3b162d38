"""A trace leads from a request through queue, run, report and events to the webhook."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from oteltap import OtelTapHttpProtobufReceiver, OtelTapHttpProtobufReceiverSettings
from receiver import receiving
from running import RunningHub, started_hub

pytestmark = pytest.mark.process

TRACE, CLIENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: right}]\ndtype: float32\n"
SECONDS = 60
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


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.02)


def submit(hub: RunningHub, hook: str) -> str:
    """Listen for models, and submit a merge as part of a trace; returns the run's id."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    with httpx.Client(base_url=hub.url, headers=headers, trust_env=False) as client:
        told = client.post("/v1/webhooks", json={"url": hook, "types": ["model.produced"]})
        assert told.status_code == 201, told.text
        body = {"kind": "merge", "recipe": RECIPE, "model_name": "local/traced"}
        trace = {"traceparent": f"00-{TRACE}-{CLIENT}-01"}
        answer = client.post("/v1/runs", json=body, headers=trace)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])


async def test_one_trace_leads_from_the_request_to_the_webhook(
    store_folder: Path, models: Path
) -> None:
    async with tapped() as (endpoint, spans), receiving() as receiver:
        env = {
            ENDPOINT: endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "MERGEHUB_WEBHOOK_ALLOW": '["127.0.0.0/8"]',
        }
        hub = started_hub(store_folder / "traced", models, **env)
        running = await asyncio.to_thread(hub.__enter__)
        try:
            run = await asyncio.to_thread(submit, running, receiver.url)
            await until(lambda: receiver.received)
            ours = lambda: {s.name: s for s in spans if s.trace_id.hex() == TRACE}  # noqa: E731
            expected = {
                "POST /v1/runs", "publish run.queued", "claim", "run merge", "merge",
                "POST /v1/runs/{run_id}/report", "publish model.produced", "apply model.produced",
                "webhook",
            }  # fmt: skip
            await until(lambda: expected <= ours().keys())
        finally:
            await asyncio.to_thread(hub.__exit__, None, None, None)
        found = ours()
        parents = {name: span.parent_span_id for name, span in found.items()}
        request, work = found["POST /v1/runs"], found["run merge"]
        report = found["POST /v1/runs/{run_id}/report"]
        assert request.parent_span_id.hex() == CLIENT
        assert {parents["claim"], parents["run merge"]} == {request.span_id}
        assert {parents["merge"], report.parent_span_id} == {work.span_id}
        assert {parents["apply model.produced"], parents["webhook"]} == {report.span_id}
        sent = receiver.received[0].headers["traceparent"]
        assert sent == f"00-{TRACE}-{found['webhook'].span_id.hex()}-01"
    lines = map(json.loads, (store_folder / "traced/logs/worker-1.log").read_text().splitlines())
    of_run = [line for line in lines if line.get("run") == run]
    assert {line.get("trace_id") for line in of_run if line["event"] == "run.reported"} == {TRACE}


@pytest.mark.parametrize("answers", [False, True], ids=["refuses", "never answers"])
def test_no_request_waits_for_a_receiver_that_is_away(answers: bool) -> None:
    """More requests than spans fit into the queue are answered before the receiver answers one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1] if answers else free_port()
        env = os.environ | {
            ENDPOINT: f"http://127.0.0.1:{port}",
            "OTEL_BSP_MAX_QUEUE_SIZE": "32",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8",
            "OTEL_BSP_SCHEDULE_DELAY": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", MANY_REQUESTS], env=env, capture_output=True, text=True,
            check=True, timeout=SECONDS,
        )  # fmt: skip
        if answers:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(100).startswith(b"POST /v1/traces ")
    assert done.stdout == "all answered\n"


MANY_REQUESTS = """
import asyncio, httpx
from mergehub.kit.background.process import start_traces
from mergehub.kit.http.api import Api
from mergehub.kit.telemetry.traces import end_tracing, traceparent

start_traces("test")
app = Api()

@app.get("/")
async def home():
    return traceparent()

async def main():
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        for _ in range(300):
            answer = await client.get("/")
            assert answer.status_code == 200 and answer.json()

asyncio.run(main())
end_tracing(0.2)
print("all answered")
"""


@pytest.mark.parametrize(
    ("programs", "absent"),
    [
        ("registry.background merge_worker.jobs merge_worker.execution.child", ""),
        ("registry.app mergehub.hub.origin", ".sdk"),  # FastAPI imports OpenTelemetry's interface
    ],
)
def test_without_a_receiver_no_program_imports_what_sends_traces(
    programs: str, absent: str
) -> None:
    program = (
        f"import sys, {', '.join(programs.split())};"
        "from mergehub.kit.background.process import start_traces; start_traces('test');"
        f"sys.exit([each for each in sys.modules if each.startswith('opentelemetry{absent}')])"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "[]\n")
