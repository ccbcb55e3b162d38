"""Checks of events: each is published once, and applied once by every consumer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mergehub.contracts.runs import RunState

from . import folds
from .evidence import Evidence, Row


def every_success_is_told_once(evidence: Evidence) -> Iterator[str]:
    told = Counter(
        (event["data"]["run"], event["type"], event["data"].get("benchmark"))
        for event in evidence.outbox
        if event["type"] in ("model.produced", "evaluation.completed")
    )
    expected = Counter(each for run in evidence.runs.values() for each in _news(run))
    for what in told.keys() | expected.keys():
        if told[what] != expected[what]:
            yield f"{what} was published {told[what]} times instead of {expected[what]}"


def the_feed_has_no_gap(evidence: Evidence) -> Iterator[str]:
    numbers = sorted(event["sequence"] or 0 for event in evidence.outbox)
    if numbers != list(range(1, len(numbers) + 1)):
        yield "the events are not numbered from 1 without a gap"
    waiting = sum(not event["published"] for event in evidence.outbox)
    if waiting:
        yield f"{waiting} events were never published"
    ids = {str(event["sequence"]): event["id"] for event in evidence.outbox}
    for page in evidence.of("feed"):
        shown = {str(number): event for number, event in page["events"].items()}
        if any(ids.get(number) != event for number, event in shown.items()):
            yield f"the feed after {page['after']} showed wrong events"
        if [int(number) for number in shown] != _following(page["after"], len(shown)):
            yield f"the feed after {page['after']} skipped an event"


def every_event_is_applied_once(evidence: Evidence) -> Iterator[str]:
    events = sorted((event["sequence"] or 0, event["id"]) for event in evidence.outbox)
    for name, inbox in evidence.inboxes.items():
        if inbox.refused:
            yield f"{name} set {inbox.refused} events aside"
        if inbox.position != len(events):
            yield f"{name} is at event {inbox.position} of {len(events)}"
        difference = Counter(inbox.applied)
        difference.subtract(events)
        for event, times in difference.items():
            if times:
                yield f"{name} applied the event {event} {1 + times} times"


def lineage_equals_the_reports(evidence: Evidence) -> Iterator[str]:
    key = ("child", "child_digest", "parent", "parent_digest", "relation", "role")
    facts = ("method", "weight", "run")
    found = {tuple(e[k] for k in key): tuple(e[k] for k in facts) for e in evidence.edges}
    yield from _differences("the edge", found, folds.edges(evidence))
    counted = {
        row["name"]: (row["children_count"], row["base_count"], row["ingredient_count"])
        for row in evidence.counters
        if row["children_count"]
    }
    yield from _differences("the counters of", counted, folds.counters(evidence))


def leaderboard_equals_the_reports(evidence: Evidence) -> Iterator[str]:
    expected = folds.results(evidence)
    columns = sorted(expected[0]) if expected else []
    found = [{name: row[name] for name in columns} for row in evidence.results]
    if found != expected:
        yield f"the {len(found)} results are not the {len(expected)} reported ones, in order"
    columns = ["model", "parent", "role", "relation", "weight", "method", "run"]
    known = {tuple(row[name] for name in columns) for row in evidence.parents}
    for fact in known ^ folds.parents(evidence):
        yield f"the leaderboard {'knows' if fact in known else 'lacks'} the parent {fact}"
    for replica, board in enumerate(evidence.boards):
        if board != folds.board(evidence):
            yield f"replica {replica} of the leaderboard does not show the newest scores"


def _following(after: int, count: int) -> list[int]:
    return list(range(after + 1, after + 1 + count))


def _news(run: Row) -> Iterator[tuple[str, str, str | None]]:
    """The events that report a run's success."""
    if run["state"] != RunState.SUCCEEDED:
        return
    if run["kind"] == "merge":
        yield run["id"], "model.produced", None
    for result in run["result"].get("results", ()):
        yield run["id"], "evaluation.completed", result["benchmark"]


def _differences(what: str, found: dict[Any, Any], expected: dict[Any, Any]) -> Iterator[str]:
    for key in found.keys() | expected.keys():
        if found.get(key) != expected.get(key):
            yield f"{what} {key} is {found.get(key)} instead of {expected.get(key)}"
