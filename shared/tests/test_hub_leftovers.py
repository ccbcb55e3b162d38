"""The leftovers of a killed hub do not prevent the next start."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from mergehub.hub import leftovers
from mergehub.hub.address import listen

pytestmark = pytest.mark.process

STUBBORN = """
import signal, socket, sys

signal.signal(signal.SIGTERM, signal.SIG_IGN)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
signal.pause()
"""
UP = "from mergehub.cli.main import main; main()"
SECONDS = 100


def test_a_port_is_free_at_once_after_a_leftover_that_would_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "PATIENCE_SECONDS", 0.1)
    env = dict(os.environ) | {"MERGEHUB_DATA": str(tmp_path)}
    port = _quiet_port()
    command = [sys.executable, "-c", STUBBORN, str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "listens\n"
        leftovers.note(tmp_path / "children.json", [child.pid])
        assert leftovers.end(tmp_path / "children.json", tmp_path) == [child.pid]
        listen("127.0.0.1", port).close()
        assert child.wait() == -signal.SIGKILL


@pytest.fixture
def data() -> Iterator[Path]:
    """A short path, since a Unix socket's must be short."""
    with tempfile.TemporaryDirectory(prefix="mh-up-") as folder:
        yield Path(folder) / "data"


@pytest.mark.timeout(3 * SECONDS)
def test_a_hub_starts_on_its_port_right_after_a_kill_ready_or_not(data: Path) -> None:
    pytest.importorskip("merge_worker", reason="a whole hub needs the worker")
    port = _quiet_port()
    first = _started(data, port)
    assert _address(first).endswith(f":{port}")
    first.kill()
    early = _started(data, port)
    while not (data / "children.json").exists():
        assert early.poll() is None
    early.kill()
    again = _started(data, port)
    assert httpx.get(f"{_address(again)}/readyz", timeout=SECONDS).status_code == httpx.codes.OK
    children = psutil.Process(again.pid).children(recursive=True)
    again.terminate()
    for each in (first, early, again):
        each.communicate(timeout=SECONDS)
    assert again.returncode == 0
    assert psutil.wait_procs(children, SECONDS)[1] == []


def _quiet_port() -> int:
    """A free port outside of the range that the system gives to connections."""
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("No port is free.")


def _started(data: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", UP, "up", "--data", str(data), "--port", str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _address(hub: subprocess.Popen[str]) -> str:
    assert hub.stdout is not None
    line = hub.stdout.readline()
    assert "ready at" in line, line + hub.stdout.read()
    return line.split()[-1]
