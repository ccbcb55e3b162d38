"""Checks the GPU of a worker: its driver, its cards, and whether numba can use CUDA."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec

from mergehub.hub.doctor.finding import Finding, failed, given, ok, warning

CHECK = "gpu"
SECONDS = 120
QUERY = "--query-gpu=name,driver_version,memory.total"
PROBE = "merge_worker.execution.gpu"  # a process of its own: it loads the driver


def check_gpu(environment: Mapping[str, str]) -> Iterator[Finding]:
    """All findings about GPUs; none where no worker is installed, or there is no GPU to use."""
    wanted = given(environment, "HARDWARE") not in (None, "cpu")
    program = shutil.which("nvidia-smi")
    if find_spec("merge_worker") is None or not (wanted or program):
        return
    if program:
        yield from _cards(program)
    done = _run([sys.executable, "-m", PROBE])
    if done.returncode == 0:
        yield ok(CHECK, "numba can use CUDA")
        return
    reason = (done.stderr.strip().splitlines() or ["the check printed no reason"])[-1]
    right = "Install what the reason names, or set MERGEHUB_HARDWARE=cpu."
    yield (failed if wanted else warning)(CHECK, f"no merge can use CUDA: {reason}", right)


def _cards(program: str) -> Iterator[Finding]:
    done = _run([program, QUERY, "--format=csv,noheader"])
    if done.returncode:
        reason = (done.stdout + done.stderr).strip()
        yield warning(CHECK, f"nvidia-smi fails: {reason}", "Install the driver of this kernel.")
    for card in done.stdout.splitlines() if not done.returncode else ():
        name, driver, memory = (part.strip() for part in card.split(","))
        yield ok(CHECK, f"{name}, {memory}, driver {driver}")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
