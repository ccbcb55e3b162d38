"""The history of actions and observations, in order: one JSON line each, flushed at once."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class History:
    """An append-only record; threads may share it. Close it at the end.

    `at` is the seconds since the beginning, for people; `time` is the wall clock, which the
    database on the same machine shares.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self.entries: list[Entry] = []

    def record(self, what: str, **facts: Any) -> None:
        entry = {
            "at": round(time.monotonic() - self._began, 4),
            "time": time.time(),
            "what": what,
            **facts,
        }
        with self._lock:
            self.entries.append(entry)
            self._file.write(json.dumps(entry, default=str) + "\n")

    def of(self, *what: str) -> list[Entry]:
        """The entries of these kinds, oldest first."""
        with self._lock:
            return [entry for entry in self.entries if entry["what"] in what]

    def close(self) -> None:
        self._file.close()
