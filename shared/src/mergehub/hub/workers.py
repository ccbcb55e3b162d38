"""The workers that a hub starts: so many for the CPU, one for each GPU; and the wait for them."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from contextlib import closing

from mergehub.gpus import class_of, visible_here
from mergehub.hub.process import CannotStart

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.1


def workers(on_cpu: int, gpus: int | None) -> dict[str, dict[str, str]]:
    """The names of the workers, each with the variables that make it what it is.

    `gpus` is how many GPUs get a worker, or None for all that are visible.

    Raises:
        CannotStart: there are not so many.
    """
    return {f"worker-{n}": {} for n in range(1, on_cpu + 1)} | _on_gpus(gpus)


def await_workers(url: str, token: str, names: set[str], goes_on: Callable[[], bool]) -> None:
    """Return once the workers of these names are registered, or waiting longer would not help."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while goes_on() and time.monotonic() < deadline and not names <= _registered(url, token):
        time.sleep(PAUSE_SECONDS)


def _on_gpus(wanted: int | None) -> dict[str, dict[str, str]]:
    if wanted == 0:
        return {}
    there = visible_here()
    if not there:
        raise CannotStart(
            "--gpus: NVIDIA's driver lists no GPU that may be used (`nvidia-smi -L`)."
        )
    if wanted is not None and wanted > len(there):
        names = ", ".join(gpu.name for gpu in there)
        raise CannotStart(f"--gpus {wanted}: only {len(there)} may be used here: {names}.")
    return {
        f"worker-gpu-{number}": {"MERGEHUB_HARDWARE": class_of(gpu), "MERGEHUB_GPU": gpu.uuid}
        for number, gpu in enumerate(there[:wanted], 1)
    }


def _registered(url: str, token: str) -> set[str]:
    """The workers that the hub reports as alive; empty if it does not answer."""
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)) as hub:
        try:
            hub.request(
                "GET", "/v1/workers?limit=200", headers={"Authorization": f"Bearer {token}"}
            )
            known = json.loads(hub.getresponse().read())["items"]
        except (http.client.HTTPException, OSError, ValueError, KeyError):
            return set()
        return {worker["name"] for worker in known if worker["alive"]}
