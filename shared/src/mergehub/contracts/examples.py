"""Examples for the OpenAPI documents; a test validates each against its model."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

RECIPE = """\
merge_method: ties
base_model: org/base
models:
  - model: org/dates
    parameters: {weight: 0.6, density: 0.5}
  - model: org/units
    parameters: {weight: 0.4, density: 0.5}
dtype: bfloat16
"""

RUN_ID = "5f0c2f0e-6a8e-4c34-9c51-0d1f6f0f4a11"
RECIPE_ID = "0b7a3b54-93c5-4f0a-8a55-5b4f6d2b1c01"
VERSION_ID = "c2c5d2a8-2d0e-4a0b-9a43-7f8f3a1de002"
DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TIME = "2026-11-25T12:00:00Z"

VERSION = {
    "id": VERSION_ID,
    "number": 1,
    "digest": DIGEST,
    "method": "ties",
    "created_at": TIME,
}

RUN: dict[str, Any] = {
    "id": RUN_ID,
    "owner": "local",
    "visibility": "public",
    "kind": "merge",
    "state": "running",
    "hardware": "cpu",
    "needs": None,
    "timeout_seconds": 21600,
    "spec": {
        "kind": "merge",
        "recipe": RECIPE,
        "recipe_version": VERSION_ID,
        "recipe_digest": DIGEST,
        "model_name": "local/dates-and-units",
        "seed": 0,
    },
    "products": {"org/dates": RECIPE_ID},
    "push": None,
    "attempt": 1,
    "fence": 1,
    "worker": "worker-1",
    "progress": {
        "stage": "merging",
        "done": 40,
        "total": 272,
        "unit": "tensors",
        "bytes_done": 40_000_000,
        "bytes_total": 269_000_000,
        "seconds": 1.5,
    },
    "result": None,
    "error": None,
    "warnings": [],
    "revision": 3,
    "created_at": TIME,
    "started_at": TIME,
    "finished_at": None,
}


def example(**fields: Any) -> ConfigDict:
    """A `model_config` that gives `fields` as the example of a body."""
    return ConfigDict(json_schema_extra={"examples": [fields]})
