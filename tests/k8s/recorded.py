"""A recording of a running hub's queue: what KEDA would have read, and what the workers did.

`make scaling-record` writes `recorded_queue.json`. All times are seconds since the first poll.
"""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

FILE = Path(__file__).with_name("recorded_queue.json")


@dataclass(frozen=True)
class Poll:
    """One answer of `/v1/queues/gpu`, and the Jobs that had not ended by then."""

    at: float
    due: int
    delayed: int
    running: int
    load: int
    unfinished: int
    created: int


@dataclass(frozen=True)
class RecordedRun:
    """A run as the registry recorded it."""

    submitted: float
    claimed: float
    finished: float
    attempts: int
    worker: str


@dataclass(frozen=True)
class RecordedWorker:
    """A worker from the creation of its Job to its end."""

    name: str
    created: float
    started: float
    gone: float


@dataclass(frozen=True)
class Recording:
    """The whole recording; `how` says what was recorded, when and with which release."""

    how: dict[str, str]
    polls: list[Poll]
    runs: list[RecordedRun]
    workers: list[RecordedWorker]

    def write(self, file: Path = FILE) -> None:
        """Write it with a line for each poll, run and worker."""
        parts = [f'"how": {json.dumps(self.how, indent=1)}']
        for name, rows in (("polls", self.polls), ("runs", self.runs), ("workers", self.workers)):
            columns = json.dumps(list(asdict(rows[0])))
            lines = ",\n".join(json.dumps(astuple(row)) for row in rows)
            parts.append(f'"{name}": [\n{columns},\n{lines}\n]')
        file.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path = FILE) -> Recording:
        told = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            told["how"],
            [Poll(*row) for row in told["polls"][1:]],
            [RecordedRun(*row) for row in told["runs"][1:]],
            [RecordedWorker(*row) for row in told["workers"][1:]],
        )
