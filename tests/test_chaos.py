"""A short storm over the real stack; `make chaos` runs the long ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.chaos

SEED, STORM_SECONDS, RUNS, PATIENCE_SECONDS, RESTARTS = 4, 20, 5, 180, 1
ALL_SECONDS, END_SECONDS = 400, 60


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, which no process may use after the test."""
    with tempfile.TemporaryDirectory(prefix="mh-") as path:
        yield Path(path)
        assert not [each for each in psutil.process_iter() if _lives_in(path, each)]
        assert path not in Path("/proc/mounts").read_text(encoding="utf-8")


@pytest.mark.timeout(ALL_SECONDS + END_SECONDS)
def test_nothing_is_lost_and_nothing_doubled_in_a_storm(folder: Path) -> None:
    arguments = ["--seed", SEED, "--seconds", STORM_SECONDS, "--runs", RUNS]
    arguments += ["--patience", PATIENCE_SECONDS, "--restarts", RESTARTS]
    with _chaos(folder, *arguments) as storm:
        assert storm.wait(ALL_SECONDS) == 0, _said(folder)


@pytest.mark.long
def test_a_storm_that_is_interrupted_leaves_no_process_and_no_mount(folder: Path) -> None:
    with _chaos(folder) as storm:
        while not list(folder.glob("*/data/logs/worker-*.log")):
            assert storm.poll() is None, _said(folder)
            time.sleep(0.1)
        storm.send_signal(signal.SIGINT)
        assert storm.wait(END_SECONDS) == 130, _said(folder)
    assert not list(folder.glob("mh-*"))


@contextmanager
def _chaos(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A chaos run in `folder`; at the end of the block it stops and ends what it started."""
    command = [sys.executable, "-m", "chaos", *map(str, arguments)]
    env = dict(os.environ) | {"TMPDIR": str(folder)}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            command, cwd=Path(__file__).parent, env=env, stdout=said, stderr=said
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait()


def _said(folder: Path) -> str:
    return (folder / "said").read_text(encoding="utf-8", errors="replace")


def _lives_in(folder: str, process: psutil.Process) -> bool:
    try:
        return process.environ().get("TMPDIR") == folder
    except psutil.Error:
        return False
