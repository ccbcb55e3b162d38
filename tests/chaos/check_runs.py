"""Checks of runs: each ends once, in one state, by one report."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from mergehub.contracts.runs import FINAL, MOVES, RunState

from .evidence import Evidence, Row
from .recovery import RESTART_SECONDS, restarts

STATES = {
    "run.queued": RunState.QUEUED,
    "run.started": RunState.RUNNING,
    "run.succeeded": RunState.SUCCEEDED,
    "run.failed": RunState.FAILED,
    "run.cancelled": RunState.CANCELLED,
}
# A storm may fail a run, but only after all its attempts, since each failure is retried.
EXCUSED = {"attempts-exhausted", "child-killed", "child-crashed", "disk-full"}


def every_acknowledged_run_ends_once(evidence: Evidence) -> Iterator[str]:
    ends: dict[str, list[str]] = defaultdict(list)
    for event in evidence.outbox:
        if STATES.get(event["type"]) in FINAL:
            ends[event["data"]["run"]].append(event["type"])
    for wanted, key in {each["run"]: each["key"] for each in evidence.of("acknowledged")}.items():
        run = evidence.runs.get(wanted)
        if run is None:
            yield f"the run {wanted} was acknowledged to {key} and is lost"
        elif run["state"] not in FINAL:
            yield f"the run {run['id']} stays {run['state']} for ever"
        elif ends[run["id"]] != [f"run.{run['state']}"]:
            yield f"the run {run['id']} is {run['state']}, and its ends are {ends[run['id']]}"


def every_key_has_one_run(evidence: Evidence) -> Iterator[str]:
    runs: dict[str, set[str]] = defaultdict(set)
    for entry in evidence.of("acknowledged"):
        runs[entry["key"]].add(entry["run"])
    for key, found in runs.items():
        if len(found) > 1:
            yield f"the key {key} made the runs {sorted(found)}"
    for stray in set(evidence.runs) - {run for found in runs.values() for run in found}:
        yield f"the run {stray} belongs to no key"
    for entry in evidence.of("declined"):
        yield f"the submission {entry['key']} was declined: {entry['status']} {entry['said']}"


def states_move_as_they_may(evidence: Evidence) -> Iterator[str]:
    now: dict[str, RunState] = {}
    for event in evidence.outbox:
        to = STATES.get(event["type"])
        if to is None:
            continue
        run = event["data"]["run"]
        before = now.get(run)
        # No client asks for a retry here, so no run leaves a final state.
        if before in FINAL or to not in (MOVES[before] if before else {RunState.QUEUED}):
            yield f"the run {run} went from {before} to {to}"
        now[run] = to


def fences_only_grow(evidence: Evidence) -> Iterator[str]:
    last: dict[str, Row] = {}
    for row in evidence.of("row"):
        before = last.setdefault(row["run"], row)
        if row["fence"] < before["fence"] or row["revision"] < before["revision"]:
            yield f"the run {row['run']} went back from {_place(before)} to {_place(row)}"
        if before["state"] in FINAL and _place(row) != _place(before):
            yield f"the run {row['run']} went on after its end, from {_place(before)}"
        both_run = row["state"] == before["state"] == RunState.RUNNING
        if both_run and row["worker"] != before["worker"] and row["fence"] <= before["fence"]:
            yield f"the run {row['run']} changed hands without a new fence"
        last[row["run"]] = row
    starts = Counter(e["data"]["run"] for e in evidence.outbox if e["type"] == "run.started")
    for run, times in starts.items():
        if run in evidence.runs and times > evidence.runs[run]["fence"]:
            yield f"the run {run} was claimed {times} times by fewer fences"


def one_report_is_accepted(evidence: Evidence) -> Iterator[str]:
    accepted: dict[str, Row] = {}
    for entry in evidence.of("report"):
        if not entry["accepted"]:
            continue
        run = entry["run"]
        if entry["stale"]:
            yield f"a late report on the run {run} with fence {entry['fence']} was accepted"
        first = accepted.setdefault(run, entry)
        if first["fence"] != entry["fence"]:
            yield f"reports on the run {run} were accepted with two fences"
        result = (evidence.runs.get(run) or {}).get("result") or {"results": []}
        if {r["benchmark"]: r["value"] for r in result["results"]} != first["values"]:
            yield f"the run {run} does not hold the report that was accepted"


def runs_fail_of_spent_attempts_alone(evidence: Evidence) -> Iterator[str]:
    for run in evidence.runs.values():
        if run["state"] == RunState.FAILED and run["error"]["code"] not in EXCUSED:
            yield f"the run {run['id']} failed: {run['error']['code']} {run['error']['message']}"


def all_comes_to_rest(evidence: Evidence) -> Iterator[str]:
    for entry in evidence.of("impatient"):
        yield f"the stack {entry['which']} in time"


def restarts_are_quick(evidence: Evidence) -> Iterator[str]:
    for restart in restarts(evidence, quiet=True):
        if restart.seconds is None or restart.seconds > RESTART_SECONDS:
            yield f"the run {restart.run} was claimed again after {restart.seconds} s"


def _place(row: Row) -> tuple[Any, ...]:
    return row["state"], row["fence"], row["revision"]
