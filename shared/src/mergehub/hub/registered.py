"""Wait until the hub's own workers have registered, so that no run seems to lack one."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from contextlib import closing

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.1


def await_workers(url: str, token: str, names: set[str], goes_on: Callable[[], bool]) -> None:
    """Return once the workers of these names are registered, or waiting longer would not help."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while goes_on() and time.monotonic() < deadline and not names <= _registered(url, token):
        time.sleep(PAUSE_SECONDS)


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
