"""The registry as deployments run it: a process for requests, and one for its background work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil

from benchmarks.lineage.server import START_SECONDS, Server, serving
from benchmarks.registry import processor

SEPARATE = {"MERGEHUB_BACKGROUND": "separate", "MERGEHUB_MIGRATIONS": "separate"}
"""As in `docker-compose.yml` and `deploy/k8s`."""
FIRST = "/v1/recipes?limit=1"


@contextmanager
def deployed(env: Mapping[str, str], start_seconds: float = START_SECONDS) -> Iterator[Server]:
    """Both processes, once the first has answered and the other one is at rest."""
    env = {**env, **SEPARATE}
    with serving(env, FIRST, "registry", start_seconds) as server:
        background = subprocess.Popen([sys.executable, "-m", "registry"], env=env)
        try:
            server.background = psutil.Process(background.pid)
            processor.wait_for_rest(*server.processes)
            yield server
        finally:
            background.terminate()
            background.wait()
