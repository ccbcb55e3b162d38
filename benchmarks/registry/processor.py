"""What a process has used: time of processors to the nanosecond, and memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import psutil

REST_SECONDS, REST_SHARE = 5.0, 0.1


@dataclass(frozen=True)
class Worked:
    """Seconds of processors for a service, of these for its background process, and PostgreSQL."""

    service: float
    background: float
    database: float

    def since(self, before: Worked, count: int) -> tuple[float, float, float]:
        """Milliseconds for each of `count` answers since `before`, in the order of the fields."""
        pairs = zip(astuple(before), astuple(self), strict=True)
        service, background, database = (1000 * (now - then) / count for then, now in pairs)
        return service, background, database


def seconds(pid: int) -> float:
    """How long processors have worked for the threads of a process."""
    used = (each.read_text().split()[0] for each in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(map(int, used)) / 1e9


def working(service: psutil.Process, *background: psutil.Process) -> Worked:
    """How long processors have worked for the processes of a service with their children."""
    mine = psutil.Process().children(recursive=True)
    stores = [each for each in mine if each.name() == "postgres"]
    beside = sum(map(_used, background))
    return Worked(_used(service) + beside, beside, _alone(stores))


def _used(process: psutil.Process) -> float:
    return _alone([process, *process.children(recursive=True)])


def _alone(processes: Sequence[psutil.Process]) -> float:
    """Also what their children used that have ended: connections come and go."""
    return sum(sum(each.cpu_times()[:4]) for each in processes)


def wait_for_rest(*processes: psutil.Process) -> None:
    """Wait until all processes of a service have started: one answers long before the last."""
    used, share = working(*processes).service, 1.0
    while share > REST_SHARE:
        time.sleep(REST_SECONDS)
        now = working(*processes).service
        used, share = now, (now - used) / REST_SECONDS


def memory(process: psutil.Process) -> dict[str, float]:
    """Megabytes: what it has for itself (USS), its share (PSS), and what is no page of a file."""
    info = process.memory_full_info()
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    anonymous = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    return {
        "USS": info.uss / 1e6,
        "PSS": info.pss / 1e6,
        "RSS": info.rss / 1e6,
        "not of files": anonymous * 1024 / 1e6,
    }
