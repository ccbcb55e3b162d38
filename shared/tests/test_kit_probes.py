"""A program without an API says whether it lives, and a probe of a container can ask."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from mergehub.backoff import Backoff
from mergehub.kit.telemetry import loops as background
from mergehub.kit.telemetry.loops import running
from mergehub.kit.telemetry.probes import Faults, Probes, probed
from mergehub.probe import fault

Until = Callable[..., Awaitable[None]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def serving(stuck: Faults = list, unready: Faults | None = None) -> Iterator[httpx.Client]:
    metrics = CollectorRegistry()
    Counter("mergehub_runs", "Runs", registry=metrics).inc()
    port = free_port()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}")
    with probed(port, Probes(metrics, stuck, unready)), client:
        yield client


def test_metrics_and_health_are_served() -> None:
    with serving() as client:
        assert "mergehub_runs_total 1.0" in client.get("/metrics").text
        assert client.get("/healthz").status_code == 200
        assert client.head("/healthz").status_code == 200
        missing = client.get("/readyz")
        assert (missing.status_code, missing.text) == (
            404,
            "Not found. There are: /metrics, /healthz.\n",
        )
        assert client.post("/healthz").status_code == 405


def test_a_program_that_is_not_ready_says_why() -> None:
    with serving(unready=lambda: ["The worker is not registered."]) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "The worker is not registered.\n")
        assert client.get("/healthz").status_code == 200


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        told = pytest.raises(SystemExit, match=f"MERGEHUB_METRICS_PORT={port}: .* port of its own")
        with told, probed(port, Probes(CollectorRegistry(), list)):
            pass


async def test_a_loop_that_a_restart_does_not_help_is_stuck_and_one_that_fails_is_not(
    until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "BACKOFF", Backoff(first=0.001, longest=0.001))
    monkeypatch.setattr(background, "TURN_SECONDS", 0.05)
    monkeypatch.setattr(background, "STUCK_SECONDS", 0.05)
    free = asyncio.Event()

    async def stubborn() -> None:
        while not free.is_set():
            with suppress(asyncio.CancelledError):
                await free.wait()

    async def fails() -> None:
        raise ConnectionError("the database is down")

    async with running({"stubborn": stubborn, "fails": fails}) as loops:

        async def both_are_late() -> bool:
            return len(loops.faults()) == 2 and bool(loops.stuck())

        await until(both_are_late)
        assert loops.stuck() == ["The loop stubborn is stuck."]
        free.set()

        async def goes_on() -> bool:
            return not loops.stuck()

        await until(goes_on)


def test_health_is_answered_although_the_programs_own_thread_is_stuck() -> None:
    """The event loop never turns here, as if a call blocked it."""

    async def blocked() -> None:
        async def never() -> None:
            await asyncio.Event().wait()

        async with running({"loop": never}) as loops:
            loops.watched[0]._restart = 0.0
            with serving(loops.stuck) as client:
                answer = client.get("/healthz")
            assert (answer.status_code, answer.text) == (503, "The loop loop is stuck.\n")

    asyncio.run(blocked())


def test_the_probe_reports_what_is_wrong() -> None:
    with serving(lambda: ["The loop relay is stuck."]) as client:
        url = f"{client.base_url}/healthz"
        assert fault(url.replace("healthz", "metrics")) is None
        assert fault(url) == f"{url}: 503 The loop relay is stuck."
    assert "does not answer" in str(fault(url))
    assert "is not an address" in str(fault("localhost:8000"))


@pytest.mark.process
def test_the_probe_is_a_program_of_the_standard_library() -> None:
    with serving() as client:
        command = [sys.executable, "-S", "-c", PROGRAM, f"{client.base_url}/healthz"]
        assert subprocess.run(command, check=False, timeout=60).returncode == 0
    gone = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert gone.returncode == 1
    assert "does not answer" in gone.stderr


PROGRAM = f"""
import runpy, sys
sys.path.append({str(__import__("mergehub").__path__[0].removesuffix("mergehub"))!r})
runpy.run_module("mergehub.probe", run_name="__main__", alter_sys=True)
"""
"""Without the folder of installed packages (-S)."""
