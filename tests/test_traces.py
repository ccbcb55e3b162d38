"""What traces cost the programs that send them, or that have nobody to send them to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from tapped import ENDPOINT, free_port

pytestmark = pytest.mark.process

SECONDS = 60


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
