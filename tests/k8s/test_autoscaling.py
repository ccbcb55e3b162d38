"""GPU workers go from 0 to 40 and back to 0 with the queue, and no busy one is ever ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random

import pytest

from k8s.keda import Rule, given
from k8s.objects import environment, one, pods
from k8s.render import rendered
from k8s.simulation import Cluster, Run, observed, simulated

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("quiet")]

HOUR = 3600.0
# Invented days: how many runs come in which minute. `test_recorded_queue.py` has a real queue.
SUBMITTED = {
    "a burst": {0: 3, 2: 250},
    "a sweep every two hours": {0: 60, 120: 60, 240: 60, 360: 60},
    "a working day": {minute: 1 + minute // 20 % 5 for minute in range(0, 480, 3)},
    "a trickle": dict.fromkeys(range(0, 480, 25), 1),
}
REACHES_ALL = {"a burst", "a sweep every two hours"}


def runs(day: str, random: Random) -> list[Run]:
    """Merges of minutes, some of an hour and more."""
    return [
        Run(60.0 * minute + random.uniform(0, 60), min(2 * HOUR, random.lognormvariate(6, 1)))
        for minute, count in SUBMITTED[day].items()
        for _ in range(count)
    ]


def simulate(
    submitted: list[Run], random: Random, rule: Rule, ends: tuple[int, float] | None = None
) -> Cluster:
    """A day of 16 hours: enough to submit, work and come to rest."""
    runs_each, idle_seconds = ends or given()[1:]

    async def live() -> Cluster:
        cluster = Cluster(runs_each, idle_seconds, random)
        return await observed(cluster, cluster.scale_jobs(rule), submitted, 16 * HOUR)

    return simulated(live())


def test_the_rule_is_that_of_40_workers_and_none_without_work() -> None:
    rule, runs_each, idle_seconds = given()
    assert (rule.least, rule.most, rule.target) == (0, 40, 1)
    assert (rule.strategy, rule.value) == ("default", "load")
    assert runs_each > 0
    assert idle_seconds > rule.polling_seconds


@pytest.mark.parametrize(
    ("load", "unfinished", "new"),
    [(0, 0, 0), (3, 0, 3), (3, 3, 0), (55, 3, 37), (55, 40, 0), (54, 38, 2), (41, 40, 0),
     (12, 39, 0), (12, 12, 0), (13, 12, 1), (1, 1, 0), (0, 1, 0)],
)  # fmt: skip
def test_a_poll_makes_the_jobs_that_are_missing(load: int, unfinished: int, new: int) -> None:
    assert given()[0].new_jobs(load, unfinished, pending=0) == new


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 2))])
@pytest.mark.parametrize("day", SUBMITTED)
def test_workers_follow_the_queue_and_are_never_ended_while_busy(day: str, seed: int) -> None:
    random = Random(seed)
    submitted = runs(day, random)
    cluster = simulate(submitted, random, given()[0])
    assert {run.done for run in submitted} == {1}
    assert (len(cluster.due), cluster.running) == (0, 0)
    assert cluster.workers == []
    assert cluster.depths[-1].load == 0
    assert cluster.most <= 40
    assert (cluster.most == 40) == (day in REACHES_ALL)
    assert all(worker.runs <= given()[1] for worker in cluster.ended)
    # A worker ended with a run only if its node was lost, and then that run was repeated.
    lost = sum(worker.ended_busy and worker.lost for worker in cluster.ended)
    assert lost == sum(run.attempts - 1 for run in submitted)
    idle = sum(not worker.runs for worker in cluster.ended)
    assert idle <= len(submitted) // 5


def test_a_run_that_fits_no_worker_costs_one_worker_at_a_time() -> None:
    unfit = [Run(0, 60, fits=False)]
    rule = given()[0]
    assert simulate(unfit, Random(0), rule).most == 1
    # Why not `accurate`: it starts more for the same run while earlier workers idle.
    assert simulate(unfit, Random(0), replace(rule, strategy="accurate", value="due")).most > 3


def test_a_metric_that_does_not_suit_the_strategy_would_show() -> None:
    submitted = runs("a working day", Random(0))
    right, surplus, slow = (
        simulate([replace(run) for run in submitted], Random(1), replace(given()[0], **change))
        for change in ({}, {"strategy": "accurate"}, {"value": "due"})
    )

    def waiting(cluster: Cluster) -> int:
        return sum(depth.due for depth in cluster.depths)

    assert len(surplus.ended) > 10 * len(right.ended)
    assert waiting(slow) > 2 * waiting(right)


def test_workers_that_do_not_end_by_themselves_would_show() -> None:
    cluster = simulate(runs("a trickle", Random(0)), Random(0), given()[0], ends=(0, 0))
    assert cluster.ended or cluster.workers
    assert not any(each.shift and each.shift.over.is_set() for each in cluster.ended)


async def scale_deployment(cluster: Cluster, most: int) -> None:
    """Keep as many workers as the load needs, as an autoscaler of a Deployment does, for ever.

    The ReplicaSet chooses who goes as `ActivePodsWithRanks` of Kubernetes'
    pkg/controller/controller_utils.go does: pending pods first, then by deletion cost. Pods that
    are asked to stop no longer count.
    """
    async with asyncio.TaskGroup() as workers:
        while True:
            depth = cluster.depth()
            cluster.depths.append(depth)
            wanted = min(depth.load, most)
            staying = [each for each in cluster.workers if each not in cluster.stopping]
            cluster.start(wanted - len(staying), workers)
            ranked = sorted(staying, key=lambda each: (each.started, each.cost))
            for worker in ranked[: max(0, len(staying) - wanted)]:
                cluster.stop(worker)
            await asyncio.sleep(30)


@pytest.mark.parametrize("day", SUBMITTED)
def test_a_deployment_that_shrinks_ends_idle_workers_first(day: str) -> None:
    objects = rendered("gpu-deployment")
    told = environment(pods([one(objects, "Deployment", "worker-gpu")])[0], objects)
    assert {"MERGEHUB_POD_NAME", "MERGEHUB_POD_ACCOUNT"} <= told.keys()
    random = Random(0)
    submitted = runs(day, random)

    async def live() -> Cluster:
        cluster = Cluster(0, 0, random)
        return await observed(cluster, scale_deployment(cluster, 40), submitted, 16 * HOUR)

    cluster = simulated(live())
    assert {run.done for run in submitted} == {1}
    assert cluster.workers == []
    assert (cluster.most >= 40) == (day in REACHES_ALL)
    lost = sum(worker.ended_busy for worker in cluster.ended)
    assert lost == sum(run.attempts - 1 for run in submitted)
    # Busy are only those that got their run in the second before Kubernetes learned of it.
    assert sum(worker.stopped_busy for worker in cluster.stopping) <= len(cluster.stopping) // 20
