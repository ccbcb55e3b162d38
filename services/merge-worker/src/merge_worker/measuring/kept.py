"""The results of earlier evaluations on this machine, so that nothing is measured twice."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from mergehub.contracts.kinds.evaluate import BenchmarkResult

MOST_KEPT: Final = 10_000
"""How many results are kept; the least recently used go first."""
MOST_BYTES: Final = 1 << 30
"""The most bytes that all of them take, a quarter of it for one."""


class Measured(BaseModel):
    """A result, and the run that measured it."""

    model_config = ConfigDict(frozen=True)

    run: UUID
    result: BenchmarkResult


class Kept:
    """A folder of results. Their names are digests of all that decides a score.

    That is the model's identity, the task's digest, and the settings with the harness's version. A
    result with any other of these has another name, so it is never found.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, model: str, task_digest: str, settings: Mapping[str, Any]) -> Measured | None:
        """The result of the same measurement, if there is one; a damaged one is removed."""
        path = self._path(model, task_digest, settings)
        try:
            found = Measured.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def keep(
        self, model: str, task_digest: str, settings: Mapping[str, Any], measured: Measured
    ) -> None:
        """Keep a result in the place of an older one. Raises OSError if the disk is full."""
        path = self._path(model, task_digest, settings)
        text = measured.model_dump_json().encode()
        if len(text) > MOST_BYTES // 4:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        try:
            fresh.write_bytes(text)
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
        self._make_room()

    def _make_room(self) -> None:
        """Remove the least recently used beyond what is allowed, and what killed processes left."""
        with os.scandir(self._folder) as entries:
            found = [(entry.stat(), Path(entry.path)) for entry in entries if entry.is_file()]
        found.sort(key=lambda each: -each[0].st_mtime)
        size = 0
        for place, (status, path) in enumerate(found):
            size += status.st_size
            if place >= MOST_KEPT or size > MOST_BYTES:
                path.unlink(missing_ok=True)

    def _path(self, model: str, task_digest: str, settings: Mapping[str, Any]) -> Path:
        basis = json.dumps([model, task_digest, dict(settings)], sort_keys=True)
        return self._folder / f"{hashlib.sha256(basis.encode()).hexdigest()}.json"
