"""The report for people: the faults, their effects, and the violations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mergehub.contracts.runs import FINAL

from . import recovery
from .check_runs import STATES
from .evidence import Evidence


def lines(evidence: Evidence, violations: Sequence[str]) -> Iterator[str]:
    """The report, a line for each fact."""
    yield from _counted((e["fault"], e["target"]) for e in evidence.of("fault"))
    for entry in evidence.of("left out"):
        yield f"left out: {entry['fault']}: {entry['reason']}"
    yield from _effects(evidence)
    yield from _runs(evidence)
    for name, quiet in (("in the storm", False), ("in the calm after it", True)):
        found = list(recovery.restarts(evidence, quiet=quiet))
        yield f"runs of killed workers {name}: {recovery.summary(found)}"
    yield f"{lost(evidence)} lost, {doubled(evidence)} doubled, {len(violations)} violations"
    yield from violations


def lost(evidence: Evidence) -> int:
    """Acknowledged runs without an end, and events that a consumer has not applied."""
    runs = {entry["run"] for entry in evidence.of("acknowledged")}
    ended = {run["id"] for run in evidence.runs.values() if run["state"] in FINAL}
    told = {event["id"] for event in evidence.outbox}
    unheard = [told - {event for _, event in inbox.applied} for inbox in evidence.inboxes.values()]
    return len(runs - ended) + sum(map(len, unheard))


def doubled(evidence: Evidence) -> int:
    """Second runs of a key, second ends of a run, and second applications of an event."""
    keys = {(entry["key"], entry["run"]) for entry in evidence.of("acknowledged")}
    ends = [e["data"]["run"] for e in evidence.outbox if STATES.get(e["type"]) in FINAL]
    applied = [inbox.applied for inbox in evidence.inboxes.values()]
    return _seconds(key for key, _ in keys) + _seconds(ends) + sum(map(_seconds, applied))


def _seconds(found: Iterable[object]) -> int:
    return sum(times - 1 for times in Counter(found).values())


def _counted(found: Iterable[tuple[str, str]]) -> Iterator[str]:
    for (what, which), times in sorted(Counter(found).items()):
        yield f"{times:4} x {what}: {which}"


def _effects(evidence: Evidence) -> Iterator[str]:
    """The lines that show that the faults had an effect."""
    yield from _counted(("ended", f"{e['name']} ({e['status']})") for e in evidence.of("ended"))
    yield from _counted(("no answer", e["error"]) for e in evidence.of("unanswered"))
    yield from _counted(("put off", str(e["status"])) for e in evidence.of("put off"))
    yield from _counted(("an attempt failed", code) for code in _failures(evidence))
    for what, times in evidence.logged.items():
        yield f"{times:4} x logged: {what}"
    yield f"{len(evidence.of('child killed')):4} x a child was killed at work"
    yield recovery.overtaken(evidence)


def _failures(evidence: Evidence) -> Iterator[str]:
    """The error of each failed attempt; `lease-lapsed` if its worker fell silent."""
    ended = [row for row in evidence.of("row") if row["state"] in ("queued", "failed")]
    seen = {(row["run"], row["attempt"], row.get("error")) for row in ended}
    yield from (error for _, _, error in seen if error)


def _runs(evidence: Evidence) -> Iterator[str]:
    states = Counter(run["state"] for run in evidence.runs.values())
    yield f"runs: {dict(states)}, events: {len(evidence.outbox)}"
    attempts = sum(event["type"] == "run.started" for event in evidence.outbox)
    late = sum(entry["stale"] and not entry["accepted"] for entry in evidence.of("report"))
    yield (
        f"claims: {attempts}, late reports of the chaos refused: {late}, "
        f"journals of interrupted merges: {len(evidence.journals)}"
    )
