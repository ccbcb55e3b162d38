"""The registry's callers in its tests: tokens of the settings, and clients that send them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from fastapi import FastAPI

KEY = base64.b64encode(bytes(range(32))).decode()
OWNER, WORKER = "mgh_owner-of-the-tests", "mgh_worker-of-the-tests"
SERVICE = "mgh_service-of-the-tests"

MERGED = {
    "kind": "merge",
    "output_digest": "sha256:out",
    "lock_digest": "sha256:lock",
    "engine_version": "0.1.0",
    "method": "linear",
    "tensors": 3,
    "bytes": 1024,
    "seconds": 1.5,
    "parents": [{"name": "org/first", "weight": 0.5}, {"name": "org/second", "weight": 0.5}],
}


def client_of(app: FastAPI, token: str | None = None, **options: Any) -> httpx.AsyncClient:
    """A client of an application in this process."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(app=app, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers)
