"""A simulated cluster in which workers come and go, and time passes without waiting.

The queue has the depths that `/v1/queues` reports. Each worker ends by the same `Shift` that a real
one uses. What a cluster does (when a pod starts, how long a run takes, which node is lost) is drawn
at random from a seed.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from k8s.keda import Rule
from merge_worker.execution.deletion_cost import BUSY, IDLE, LOOK_SECONDS
from merge_worker.execution.shift import Shift
from registry.runs.schemas import Queue

T = TypeVar("T")
LEASE_SECONDS = 15.0  # until the registry queues the run of a lost worker again
CLAIM_SECONDS = 0.5
TOLD_SECONDS = 2 * LOOK_SECONDS  # until Kubernetes knows a changed deletion cost
EXIT_SECONDS = 5.0  # from the worker's end to the pod's


class _Jumping(selectors.SelectSelector):
    """Moves the clock on instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)


def simulated(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that is run in simulated time, from 0 on."""
    selector = _Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work)


@dataclass
class Run:
    """A run of the queue: when it was submitted, how long it takes, how often it was done.

    A run that does not fit stays in the queue: it needs more than any worker has.
    """

    submitted: float
    seconds: float
    fits: bool = True
    done: int = 0
    attempts: int = 0


@dataclass(eq=False)
class Worker:
    """A pod: pending until it starts, and there until it is gone.

    `cost` is its deletion cost, which Kubernetes learns some time after a change. `lost` says that
    its node went away.
    """

    shift: Shift | None = None
    busy: bool = False
    cost: int = 0
    runs: int = 0
    lost: bool = False
    ended_busy: bool = False
    stopped_busy: bool = False

    @property
    def started(self) -> bool:
        return self.shift is not None


@dataclass
class Cluster:
    """The queue, the workers and what happened to them."""

    runs_each: int
    idle_seconds: float
    random: Random
    due: deque[Run] = field(default_factory=deque)
    running: int = 0
    workers: list[Worker] = field(default_factory=list)
    stopping: list[Worker] = field(default_factory=list)
    ended: list[Worker] = field(default_factory=list)
    deadline_seconds: float = math.inf
    most: int = 0
    depths: list[Queue] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def depth(self) -> Queue:
        due, running = len(self.due), self.running
        return Queue(hardware="gpu", due=due, delayed=0, running=running, load=due + running)

    async def submit(self, runs: list[Run]) -> None:
        """Submit each run at its time."""
        now = asyncio.get_running_loop().time
        for run in sorted(runs, key=lambda run: run.submitted):
            await asyncio.sleep(run.submitted - now())
            await self._queue(run)

    async def scale_jobs(self, rule: Rule) -> None:
        """Poll and create Jobs as KEDA does, for ever."""
        self.deadline_seconds = rule.deadline_seconds
        async with asyncio.TaskGroup() as pods:
            while True:
                depth = self.depth()
                self.depths.append(depth)
                pending = sum(not worker.started for worker in self.workers)
                metric = getattr(depth, rule.value)
                self.start(rule.new_jobs(metric, len(self.workers), pending), pods)
                await asyncio.sleep(rule.polling_seconds)

    def start(self, count: int, pods: asyncio.TaskGroup) -> None:
        """Start workers."""
        for _ in range(count):
            worker = Worker()
            self.workers.append(worker)
            pods.create_task(self._live(worker))
        self.most = max(self.most, len(self.workers))

    def stop(self, worker: Worker) -> None:
        """Ask a worker to stop (SIGTERM); it finishes its run."""
        self.stopping.append(worker)
        worker.stopped_busy = worker.busy
        if worker.shift is not None:
            worker.shift.end("a signal ends it")

    async def _live(self, worker: Worker) -> None:
        """The life of a pod: a node, the image, the runs, the end."""
        await asyncio.sleep(self.random.uniform(5, 240))
        worker.shift = Shift(self.runs_each, self.idle_seconds)
        if worker in self.stopping:
            worker.shift.end("a signal ends it")
        lost_after = self.random.uniform(600, 10**5)  # a few nodes are lost
        try:
            async with asyncio.timeout(min(lost_after, self.deadline_seconds)):
                await self._work(worker, worker.shift)
        except TimeoutError:
            worker.lost = lost_after <= self.deadline_seconds
        worker.ended_busy = worker.busy
        await asyncio.sleep(EXIT_SECONDS)
        self.workers.remove(worker)
        self.ended.append(worker)

    async def _work(self, worker: Worker, shift: Shift) -> None:
        while not shift.over.is_set():
            waiting = asyncio.create_task(self._next())
            over = asyncio.create_task(shift.over.wait())
            try:
                await asyncio.wait({waiting, over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.cancel()
                run = waiting.result() if waiting.done() else None
                waiting.cancel()
            if run is not None:
                await self._carry_out(run, worker, shift)

    async def _next(self) -> Run:
        async with self.arrived:
            await self.arrived.wait_for(lambda: any(run.fits for run in self.due))
            run = next(run for run in self.due if run.fits)
            self.due.remove(run)
            self.running += 1
            return run

    async def _carry_out(self, run: Run, worker: Worker, shift: Shift) -> None:
        if not shift.claim():  # a worker whose shift is over claims nothing
            self.running -= 1
            await self._queue(run)
            return
        run.attempts += 1
        self._note(worker, busy=True)
        try:
            await asyncio.sleep(CLAIM_SECONDS + run.seconds)
        except asyncio.CancelledError:  # the node is lost
            asyncio.get_running_loop().call_later(LEASE_SECONDS, self._lapse, run)
            raise
        run.done += 1
        worker.runs += 1
        self._note(worker, busy=False)
        self.running -= 1
        shift.ran()

    def _note(self, worker: Worker, *, busy: bool) -> None:
        worker.busy = busy
        cost = int(BUSY if busy else IDLE)
        asyncio.get_running_loop().call_later(TOLD_SECONDS, setattr, worker, "cost", cost)

    def _lapse(self, run: Run) -> None:
        self.running -= 1
        task = asyncio.ensure_future(self._queue(run))
        task.add_done_callback(lambda done: done.result())

    async def _queue(self, run: Run) -> None:
        async with self.arrived:
            self.due.append(run)
            self.arrived.notify()


async def observed(
    cluster: Cluster, scaler: Coroutine[Any, Any, None], runs: list[Run], until: float
) -> Cluster:
    """Let a cluster work on runs, and stop it at a time by which all workers should have ended."""
    async with asyncio.TaskGroup() as group:
        scaling = group.create_task(scaler)
        group.create_task(cluster.submit(runs))
        await asyncio.sleep(until)
        scaling.cancel()
    return cluster
