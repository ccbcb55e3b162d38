"""A hub of its own for each measurement: `mergehub up` over an empty folder."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from running import RunningHub, started_hub

__all__ = ["RunningHub", "fresh_hub"]


@contextmanager
def fresh_hub(workers: int) -> Iterator[RunningHub]:
    """Embedded stores, all services, and so many workers."""
    with tempfile.TemporaryDirectory(prefix="mh-") as folder:  # short: sockets lie below
        models = Path(folder, "models")
        (models / "tasks").mkdir(parents=True)
        with started_hub(Path(folder, "hub"), models, workers=workers) as hub:
            yield hub
