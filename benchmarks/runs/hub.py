"""A hub of its own for each measurement: `mergehub up` over an empty folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from running import RunningHub, started_hub

__all__ = ["RunningHub", "fresh_hub", "wanted"]

RECIPE = """
merge_method: linear
models:
  - {model: ../nowhere, parameters: {weight: 0.5}}
  - {model: ../elsewhere, parameters: {weight: 0.5}}
dtype: bfloat16
"""


@contextmanager
def fresh_hub(workers: int) -> Iterator[RunningHub]:
    """A hub with embedded stores, all services, and this number of workers."""
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:  # short: it holds sockets
        models = Path(folder, "models")
        (models / "tasks").mkdir(parents=True)
        with started_hub(Path(folder, "hub"), models, workers=workers) as hub:
            yield hub


def wanted(hardware: str) -> dict[str, Any]:
    return {"kind": "merge", "recipe": RECIPE, "model_name": "bench/run", "hardware": hardware}
