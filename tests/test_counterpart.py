"""The hub of the workers' tests answers as the registry does, in any order of messages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from applications import make_application
from counterpart import CounterpartHub, KeptRun, app_of
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr, TypeAdapter
from sqlalchemy import text
from tries import tries

from mergehub.contracts.kinds import RunSpec
from mergehub.contracts.runs import FINAL, RunState
from mergehub.kit.background.resources import Resources
from mergehub.kit.settings.service import ServiceSettings
from registry.runs.protocol.sweeper import Sweeper

OWNER, WORKER = "mgh_owner-of-both", "mgh_worker-of-both"
RUN = {
    "kind": "merge",
    "recipe": "merge_method: linear\nmodels: [{model: a}, {model: b}]\n",
    "model_name": "local/m",
}
RESULT = {
    "kind": "merge", "output_digest": "sha256:out", "lock_digest": "sha256:lock",
    "engine_version": "1", "method": "linear", "tensors": 1, "bytes": 1, "seconds": 1.0,
    "parents": [],
}  # fmt: skip
NEEDS = {"memory": 8 << 30}
CAPACITIES = [None, {"memory": 4 << 30}, {"memory": 16 << 30}]
OUTCOMES: list[dict[str, Any]] = [
    {"outcome": "succeeded", "result": RESULT},
    {"outcome": "cancelled"},
    *(
        {"outcome": "failed", "error": {"code": "killed", "message": "Gone.", "retryable": again}}
        for again in (True, True, False)
    ),
]
ALIKE = ("code", "state", "fence", "attempt", "worker", "order", "spec", "products")
"""The fields that must agree; the pace of heartbeats and times are each hub's own."""


class Hubs:
    """The registry over the real stores, and the counterpart; both get the same requests."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._loop = asyncio.Runner()
        self.registry = make_application(
            "registry",
            ServiceSettings(
                database_url=database_url,
                redis_url=redis_url,
                background="separate",
                bootstrap_token=SecretStr(OWNER),
                worker_token=SecretStr(WORKER),
                rate_reads=0,
                rate_writes=0,
                log_level="error",
            ),
        )
        self.kept = CounterpartHub()
        self._life = self.registry.router.lifespan_context(self.registry)
        self._clients = [_client(self.registry), _client(app_of(self.kept))]

    def __enter__(self) -> Hubs:
        self.wait(self._life.__aenter__())
        return self

    def __exit__(self, *raised: Any) -> None:
        self.wait(self._life.__aexit__(*raised))
        self._loop.close()

    def wait(self, work: Any) -> Any:
        return self._loop.run(work)

    @property
    def resources(self) -> Resources:
        return self.registry.state.resources

    def submit(self) -> KeptRun:
        """A run that both have under the same id."""
        answer = self.of_registry("POST", "/v1/runs", OWNER, json=RUN)
        assert answer.status_code == 202, answer.text
        told = answer.json()
        kept = KeptRun(
            TypeAdapter(RunSpec).validate_python(told["spec"]),
            products=told["products"],
            id=UUID(told["id"]),
        )
        self.kept.runs[kept.id] = kept
        return kept

    def cancel(self, run: KeptRun) -> None:
        self.of_registry("POST", f"/v1/runs/{run.id}/cancel", OWNER)
        run.cancel = True

    def lapse(self, run: KeptRun) -> None:
        """End the lease of a run, and let the sweeper take the run back."""
        query = text("UPDATE runs SET lease_expires_at = now() - interval '1 s' WHERE id = :id")

        async def lapse() -> None:
            async with self.resources.database.transaction() as session:
                await session.execute(query, {"id": run.id})
            await Sweeper(self.resources.database, None).take_back_lapsed()  # type: ignore[arg-type]

        self.wait(lapse())
        run.lose_lease()

    def say(self, run: KeptRun, message: str, body: dict[str, Any]) -> None:
        """Send a worker's message to both; both must give the same answer and show the same."""
        self.alike("POST", f"/v1/runs/{run.id}/{message}", json=body)
        self.alike("GET", f"/v1/runs/{run.id}")

    def alike(self, method: str, path: str, **more: Any) -> None:
        first, second = (self.ask(each, method, path, WORKER, **more) for each in self._clients)
        assert first.status_code in (200, 409), first.text
        assert _of(first) == _of(second), f"{method} {path} {more}"

    def of_registry(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        return self.ask(self._clients[0], method, path, token, **more)

    def ask(
        self, client: httpx.AsyncClient, method: str, path: str, token: str, **more: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        answer: httpx.Response = self.wait(client.request(method, path, headers=headers, **more))
        return answer


def _client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub")


def _of(answer: httpx.Response) -> tuple[int, dict[str, Any]]:
    return answer.status_code, {name: answer.json().get(name) for name in ALIKE}


class Workers(RuleBasedStateMachine):
    """Two workers and the owner of a run, none of whom waits for another."""

    ages = st.sampled_from([0, 0, 0, 1])

    def __init__(self, hubs: Hubs) -> None:
        super().__init__()
        self.hubs = hubs
        self.submit()

    @rule()
    @precondition(lambda self: self.run.state in FINAL)
    def submit(self) -> None:
        self.run, self.last = self.hubs.submit(), dict[str, dict[str, Any]]()

    def say(self, message: str, body: dict[str, Any]) -> None:
        self.last[message] = body
        self.hubs.say(self.run, message, body)

    @rule(worker=st.sampled_from("ab"), capacity=st.sampled_from(CAPACITIES))
    @precondition(lambda self: self.run.state == RunState.QUEUED)
    def claim(self, worker: str, capacity: dict[str, int] | None) -> None:
        body = {"worker": worker, "nonce": str(uuid4())}
        self.say("claim", body | ({"capacity": capacity} if capacity else {}))

    @rule(worker=st.sampled_from("ab"), same_nonce=st.booleans())
    def claim_as_well(self, worker: str, same_nonce: bool) -> None:
        nonce = self.last.get("claim", {}).get("nonce") if same_nonce else None
        self.say("claim", {"worker": worker, "nonce": nonce})

    @rule(message=st.sampled_from(["claim", "heartbeat", "release", "report"]))
    def repeat(self, message: str) -> None:
        """The answer was lost."""
        if message in self.last:
            self.say(message, self.last[message])

    @rule(age=ages, needs=st.sampled_from([None, NEEDS]))
    def heartbeat(self, age: int, needs: dict[str, int] | None) -> None:
        self.say("heartbeat", {"fence": max(0, self.run.fence - age), "needs": needs})

    @rule(age=ages, needs=st.sampled_from([None, NEEDS]))
    def release(self, age: int, needs: dict[str, int] | None) -> None:
        fence = max(0, self.run.fence - age)
        self.say("release", {"fence": fence, "reason": "drain", "needs": needs})

    @rule(age=ages, outcome=st.sampled_from(OUTCOMES))
    def report(self, age: int, outcome: dict[str, Any]) -> None:
        self.say("report", {"fence": max(0, self.run.fence - age), **outcome})

    @rule()
    @precondition(lambda self: self.run.state == RunState.RUNNING)
    def cancel(self) -> None:
        self.hubs.cancel(self.run)

    @rule()
    @precondition(lambda self: self.run.state == RunState.RUNNING)
    def lapse(self) -> None:
        self.hubs.lapse(self.run)
        self.hubs.alike("GET", f"/v1/runs/{self.run.id}")


@pytest.fixture
def hubs(fresh_database: str, redis_url: str) -> Iterator[Hubs]:
    with Hubs(fresh_database, redis_url) as hubs:
        yield hubs


@pytest.mark.hypothesis
def test_workers_hear_the_same_of_the_counterpart_and_of_the_registry(hubs: Hubs) -> None:
    run_state_machine_as_test(
        lambda: Workers(hubs),
        settings=settings(
            max_examples=tries(4),
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_release_after_a_cancellation_and_a_report_that_is_not_the_last(hubs: Hubs) -> None:
    cancelled = Workers(hubs)
    cancelled.claim("a", None)
    cancelled.cancel()
    cancelled.release(0, None)
    late = Workers(hubs)
    for fence in (1, 2):
        late.claim("a", None)
        late.say("report", {"fence": fence, **OUTCOMES[2]})
    late.say("report", {"fence": 1, **OUTCOMES[2]})
