"""The rule on the queue of a running hub, as recorded and replayed: 40 workers, then none.

`recorded_queue.json` says how it was recorded. `make scaling-record` records it anew, which a
change of the ScaledJob's numbers requires.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from k8s.keda import Rule, given
from k8s.recorded import Poll, Recording
from k8s.simulation import Cluster, Run, observed, simulated

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("quiet")]

RECORDING = Recording.read()
ANSWER_SECONDS = 1.0  # between the database's count and the time noted for the poll
UNTIL = 2 * 3600.0


def bounds(poll: Poll, begun: str) -> range:
    """How many runs had this time before them, and their end not, while the poll was answered."""
    early, late = poll.at - ANSWER_SECONDS, poll.at

    def at(now: float, ended: float) -> int:
        began = sum(getattr(run, begun) <= now for run in RECORDING.runs)
        return began - sum(run.finished <= ended for run in RECORDING.runs)

    return range(at(early, late), at(late, early) + 1)


def test_the_recorded_depths_are_those_of_the_recorded_runs() -> None:
    for poll in RECORDING.polls:
        assert poll.load in bounds(poll, "submitted"), poll
        assert poll.running in bounds(poll, "claimed"), poll
        assert poll.load == poll.due + poll.running, poll


def test_the_rendered_rule_still_decides_as_it_was_recorded() -> None:
    rule = given()[0]
    for number, poll in enumerate(RECORDING.polls):
        assert poll.at == pytest.approx(number * rule.polling_seconds, abs=rule.polling_seconds / 2)
        metric = getattr(poll, rule.value)
        assert rule.new_jobs(metric, poll.unfinished, pending=0) == poll.created, poll


def test_the_recorded_workers_were_40_then_none_and_ended_only_when_idle() -> None:
    first, *_, last = RECORDING.polls
    assert (first.unfinished, last.unfinished, last.load) == (0, 0, 0)
    assert max(poll.unfinished for poll in RECORDING.polls) == 40
    assert sum(poll.created for poll in RECORDING.polls) == len(RECORDING.workers)
    by_name = {worker.name: worker for worker in RECORDING.workers}
    for run in RECORDING.runs:
        worker = by_name[run.worker]
        assert worker.started <= run.claimed <= run.finished <= worker.gone, run
        assert run.attempts == 1, run
    assert max(Counter(run.worker for run in RECORDING.runs).values()) <= given()[1]


def replayed(rule: Rule, ends: tuple[int, float], seed: int) -> list[str]:
    """What is wrong after the recorded runs came to a simulated cluster as they were recorded."""
    runs = [Run(each.submitted, each.finished - each.claimed) for each in RECORDING.runs]

    async def live() -> Cluster:
        cluster = Cluster(*ends, Random(seed))
        return await observed(cluster, cluster.scale_jobs(rule), runs, UNTIL)

    cluster = simulated(live())
    found = {
        "not all runs were done once": {run.done for run in runs} != {1},
        f"{cluster.most} workers at most": cluster.most != 40,
        "workers were left": bool(cluster.workers),
        "busy workers were ended": any(
            each.ended_busy and not each.lost for each in cluster.ended
        ),
    }  # fmt: skip
    return [fault for fault, holds in found.items() if holds]


@pytest.mark.parametrize("seed", range(4))
def test_replayed_workers_go_to_40_and_back_to_none_and_none_is_ended_while_busy(seed: int) -> None:
    rule, *ends = given()
    assert replayed(rule, tuple(ends), seed) == []


@pytest.mark.parametrize(
    ("change", "ends", "fault"),
    [
        ({"most": 39}, None, "39 workers at most"),
        ({"target": 1000.0}, None, "1 workers at most"),
        ({"value": "delayed"}, None, "0 workers at most"),
        ({"least": 1}, None, "workers were left"),
        ({"deadline_seconds": 60}, None, "busy workers were ended"),
        ({}, (0, 0), "workers were left"),
    ],
)
def test_a_rule_that_never_scales_or_ends_busy_workers_would_show(
    change: dict[str, Any], ends: tuple[int, float] | None, fault: str
) -> None:
    rule, *own = given()
    assert fault in replayed(replace(rule, **change), ends or tuple(own), 0)
