"""The run protocol driven in any order, compared with a small model of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from tries import tries

from mergehub.contracts.kinds.merge import MergeRunCreate
from mergehub.contracts.runs import (
    FINAL,
    MAX_ATTEMPTS,
    MOVES,
    ClaimRequest,
    HeartbeatRequest,
    ReleaseRequest,
    ReportRequest,
    RunState,
)
from mergehub.kit.background.resources import HUB, Resources
from mergehub.kit.database.database import Database
from mergehub.kit.identity.tokens import Principal
from mergehub.kit.problems.problem import Problem
from registry.actor import SYSTEM
from registry.background import make_bell
from registry.runs import service
from registry.runs.protocol import service as protocol
from registry.runs.protocol.sweeper import Sweeper

QUEUED, RUNNING = RunState.QUEUED, RunState.RUNNING
RETRYABLE = {"code": "child-killed", "message": "Gone.", "retryable": True}
OUTCOMES = ("succeeded", "failed", "failed for good", "cancelled")
EVENTS = {
    "run.queued": QUEUED,
    "run.started": RUNNING,
    "run.succeeded": RunState.SUCCEEDED,
    "run.failed": RunState.FAILED,
    "run.cancelled": RunState.CANCELLED,
}
STALE = "stale-fence"

OWNER = replace(SYSTEM, who=Principal("owner", frozenset({"admin"}), account="local"))


@dataclass
class Expected:
    """The expected state of a run, and all states that it went through."""

    id: UUID
    state: RunState = QUEUED
    fence: int = 0
    attempt: int = 0
    most: int = MAX_ATTEMPTS
    to_cancel: bool = False
    silent: bool = False
    way: list[RunState] = field(default_factory=lambda: [QUEUED])
    claim: ClaimRequest | None = None
    report: ReportRequest | None = None

    def go(self, to: RunState) -> None:
        assert to in MOVES[self.state]
        self.state, self.silent = to, False
        self.way.append(to)

    def fail(self, retryable: bool) -> None:
        if self.to_cancel:
            self.go(RunState.CANCELLED)
        else:
            again = retryable and self.attempt < self.most
            self.go(QUEUED if again else RunState.FAILED)

    def owned_by(self, fence: int) -> bool:
        return self.state is RUNNING and self.fence == fence


class Protocol(RuleBasedStateMachine):
    """Two workers, a client and a sweeper, none of which waits for another."""

    runs = Bundle("runs")
    ages = st.integers(0, 2)

    def __init__(self, loop: asyncio.AbstractEventLoop, database: Database, sweeper: Sweeper):
        super().__init__()
        self._loop, self._database, self._sweeper = loop, database, sweeper
        self._expected: dict[UUID, Expected] = {}

    def _do(self, act: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
        """Return the answer to one request, or the code of its problem."""

        async def request() -> Any:
            async with self._database.transaction() as session:
                return await act(session)

        try:
            return self._wait(request())
        except Problem as problem:
            return problem.code

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)

    def _set(self, run: Expected, assignment: str) -> None:
        query = text(f"UPDATE runs SET {assignment} WHERE id = :id AND state = 'running'")
        self._do(lambda session: session.execute(query, {"id": run.id}))

    @rule(target=runs)
    def submit(self) -> Expected:
        recipe = "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"
        wanted = MergeRunCreate(kind="merge", recipe=recipe, model_name="m")
        run = Expected(self._do(lambda session: service.submit(session, OWNER, wanted)).id)
        self._expected[run.id] = run
        return run

    @rule(run=runs, worker=st.sampled_from("ab"))
    def claim(self, run: Expected, worker: str) -> None:
        request = ClaimRequest(worker=worker, nonce=uuid4())
        answer = self._do(lambda session: protocol.claim(session, run.id, request))
        if run.state is not QUEUED:
            assert answer == "run-leased"
            return
        run.go(RUNNING)
        run.fence, run.attempt, run.claim = run.fence + 1, run.attempt + 1, request
        assert (answer.fence, answer.attempt) == (run.fence, run.attempt)

    @rule(run=runs)
    def claim_again(self, run: Expected) -> None:
        """The answer was lost. If the run went back to the queue, this is an ordinary claim."""
        if run.claim is None or run.state is QUEUED:
            return
        request = run.claim
        answer = self._do(lambda session: protocol.claim(session, run.id, request))
        if run.state is RUNNING:
            assert (answer.fence, answer.attempt) == (run.fence, run.attempt)
            run.silent = False
        else:
            assert answer == "run-leased"

    @rule(run=runs, age=ages)
    def heartbeat(self, run: Expected, age: int) -> None:
        request = HeartbeatRequest(fence=run.fence - age)
        answer = self._do(lambda session: protocol.heartbeat(session, run.id, request))
        if run.owned_by(request.fence):
            run.silent = False
            assert answer.order == ("cancel" if run.to_cancel else "go_on")
        else:
            assert answer == STALE

    @rule(run=runs)
    def pause(self, run: Expected) -> None:
        """A worker is stopped past its lease; whichever of it and the sweeper is first decides."""
        self._set(run, "lease_expires_at = now() - interval '1 s'")
        run.silent = run.silent or run.state is RUNNING

    @rule()
    def sweep(self) -> None:
        self._wait(self._sweeper.sweep())
        for run in self._expected.values():
            if run.silent:
                run.fail(retryable=True)

    @rule(run=runs)
    def crash(self, run: Expected) -> None:
        self.pause(run)
        self.sweep()

    @rule(run=runs)
    def outlast(self, run: Expected) -> None:
        """A worker lets an attempt run for days."""
        self._set(run, "claimed_at = now() - interval '9 d', lease_expires_at = now() + '9 s'")
        self._wait(self._sweeper.end_overdue())
        if run.state is RUNNING:
            run.fail(retryable=False)

    @rule(run=runs, age=ages)
    def drain(self, run: Expected, age: int) -> None:
        request = ReleaseRequest(fence=run.fence - age, reason="drain")
        answer = self._do(lambda session: protocol.release(session, run.id, request))
        if not run.owned_by(request.fence):
            assert answer == STALE
            return
        run.attempt -= 1
        run.go(RunState.CANCELLED if run.to_cancel else QUEUED)
        assert answer.state == run.state

    @rule(run=runs)
    def cancel(self, run: Expected) -> None:
        answer = self._do(lambda session: service.cancel(session, OWNER, run.id))
        if run.state in (RunState.SUCCEEDED, RunState.FAILED):
            assert answer == "run-finished"
        elif run.state is QUEUED:
            run.go(RunState.CANCELLED)
        elif run.state is RUNNING:
            run.to_cancel = True

    @rule(run=runs)
    def retry(self, run: Expected) -> None:
        answer = self._do(lambda session: service.retry(session, OWNER, run.id))
        if run.state is RunState.SUCCEEDED:
            assert answer == "run-finished"
        elif run.state in FINAL:
            run.go(QUEUED)
            run.to_cancel, run.most = False, run.attempt + MAX_ATTEMPTS

    @rule(run=runs, age=ages, outcome=st.sampled_from(OUTCOMES))
    def report(self, run: Expected, age: int, outcome: str) -> None:
        self._send(run, _report(run.fence - age, outcome))

    @rule(run=runs)
    def report_again(self, run: Expected) -> None:
        """The answer to the accepted report was lost."""
        if run.report is not None:
            self._send(run, run.report)

    def _send(self, run: Expected, request: ReportRequest) -> None:
        answer = self._do(lambda session: protocol.report(session, run.id, request))
        if request == run.report:
            assert answer.state == run.state
            return
        if not run.owned_by(request.fence):
            assert answer == STALE
            return
        run.report = request
        if request.outcome == "failed":
            assert request.error is not None
            run.fail(request.error.retryable)
        else:
            run.go(RunState(request.outcome))
        assert answer.state == run.state

    @invariant()
    def rows_are_as_the_model_has_them(self) -> None:
        columns = "id, state, fence, attempt, lease_expires_at IS NULL, finished_at"
        query = text(f"SELECT {columns} FROM runs")
        rows = self._do(lambda session: session.execute(query)).all()
        assert {row[0]: tuple(row[1:4]) for row in rows} == {
            run.id: (run.state, run.fence, run.attempt) for run in self._expected.values()
        }
        for _, state, _, _, no_lease, finished_at in rows:
            assert no_lease == (state != RUNNING)
            assert (finished_at is not None) == (state in FINAL)

    def teardown(self) -> None:
        """Every move was reported, in order, and every success made one model."""
        query = text("SELECT type, data->>'run' AS run FROM outbox ORDER BY id")
        told = self._do(lambda session: session.execute(query)).all()
        for run in self._expected.values():
            types = [kind for kind, subject in told if subject == str(run.id)]
            assert [EVENTS[kind] for kind in types if kind in EVENTS] == run.way
            assert types.count("model.produced") == run.way.count(RunState.SUCCEEDED)
        empty = text("TRUNCATE outbox, runs CASCADE")
        self._do(lambda session: session.execute(empty))


def _report(fence: int, outcome: str) -> ReportRequest:
    if outcome == "succeeded":
        return ReportRequest.model_validate({"fence": fence, "outcome": outcome, "result": RESULT})
    if outcome == "cancelled":
        return ReportRequest(fence=fence, outcome="cancelled")
    error = RETRYABLE | {"retryable": outcome == "failed"}
    return ReportRequest.model_validate({"fence": fence, "outcome": "failed", "error": error})


RESULT = {
    "kind": "merge", "output_digest": "sha256:out", "lock_digest": "sha256:lock",
    "engine_version": "1", "method": "linear", "tensors": 1, "bytes": 1, "seconds": 1.0,
    "parents": [],
}  # fmt: skip


@pytest.fixture
def loop_of_its_own() -> Iterator[asyncio.AbstractEventLoop]:
    """Hypothesis is not asynchronous, and the tests' own loop does not run meanwhile."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.mark.usefixtures("empty")
@pytest.mark.hypothesis
def test_no_order_of_events_breaks_the_protocol(
    loop_of_its_own: asyncio.AbstractEventLoop, app: FastAPI, resources: Resources,
    database_url: str,
) -> None:  # fmt: skip
    database = Database(database_url, "registry")
    database.info[HUB] = resources.settings.address

    class Silent(Sweeper):
        """Redis has no part in a run's state, and belongs to another loop here."""

        async def ring_again(self) -> int:
            return 0

    def machine() -> Protocol:
        sweeper = Silent(database, make_bell(resources))
        return Protocol(loop_of_its_own, database, sweeper)

    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=tries(8),
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop_of_its_own.run_until_complete(database.close())
