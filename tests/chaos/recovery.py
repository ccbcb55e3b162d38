"""How long runs are idle after the death of their worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from .evidence import Evidence

RESTART_SECONDS = 15.0


@dataclass(frozen=True)
class Restart:
    """A run whose worker was killed: seconds until it was queued and until it was claimed again."""

    run: str
    noticed: float | None
    seconds: float | None


def restarts(evidence: Evidence, *, quiet: bool) -> Iterator[Restart]:
    """The restarts of the storm, or the `quiet` ones, without other faults and without a queue."""
    for entry in evidence.of("bereaved"):
        if entry["quiet"] != quiet:
            continue
        for run in entry["runs"]:
            queued = _first(evidence, run, "run.queued", entry["died"])
            started = _first(evidence, run, "run.started", entry["died"])
            if quiet or started is not None:  # in a storm it may be cancelled instead
                yield Restart(run, queued, started)


def summary(found: list[Restart]) -> str:
    claimed = [each.seconds for each in found if each.seconds is not None]
    noticed = [each.noticed for each in found if each.noticed is not None]
    if not claimed or not noticed:
        return "none"
    return (
        f"{len(claimed)}: queued again after {median(noticed):.1f} s (worst {max(noticed):.1f}), "
        f"claimed after {median(claimed):.1f} s (worst {max(claimed):.1f})"
    )


def overtaken(evidence: Evidence) -> str:
    """How many runs of paused workers other workers took over."""
    paused = [(entry, run) for entry in evidence.of("paused") for run in entry["runs"]]
    taken = 0
    for entry, run in paused:
        seconds = _first(evidence, run, "run.queued", entry["began"])
        taken += seconds is not None and entry["began"] + seconds < entry["ended"]
    return f"paused workers held {len(paused)} runs, {taken} of which were taken from them"


def _first(evidence: Evidence, run: str, kind: str, after: float) -> float | None:
    """The seconds from `after` to the run's next event of a kind."""
    for event in evidence.outbox:
        if event["type"] == kind and event["data"]["run"] == run and event["time"] > after:
            return float(event["time"] - after)
    return None
