"""The worker's side of the run protocol over HTTP: claim, heartbeat, report, release, presence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
from pydantic import BaseModel

from mergehub.backoff import Backoff
from mergehub.contracts.hardware import Capacity, Hardware, Needs
from mergehub.contracts.runs import (
    Claim,
    ClaimRequest,
    HeartbeatAnswer,
    HeartbeatRequest,
    ReleaseRequest,
    ReportRequest,
    Run,
    RunProgress,
)
from mergehub.contracts.workers import WorkerBeat
from mergehub.tls import tls

REQUEST_SECONDS = 5.0  # well under a lease, so that one stuck answer does not lose it
CLAIM_PATIENCE_SECONDS = 8.0
RELEASE_PATIENCE_SECONDS = 5.0
BACKOFF = Backoff(first=0.1, longest=5.0, jitter=0.5)  # spreads the workers that return

TOO_MANY_REQUESTS = 429
CONFLICT = 409
NOT_FOUND = 404
PROBLEM = "application/problem+json"
NO_ROOM = "run-does-not-fit"


class RunClientError(Exception):
    """The hub did not accept a message about a run."""


class LeaseLost(RunClientError):
    """This worker does not hold the run: another one does, or it has ended (409)."""


class DoesNotFit(RunClientError):
    """The run needs more than this worker has, and waits for another worker (409)."""


class Refused(RunClientError):
    """The hub refused and would refuse again: the token is bad, or the run unknown."""


class Unreachable(RunClientError):
    """The hub did not answer in time; the message may have arrived or not."""


class RunClient:
    """The client of one worker. It sends a message without an answer again, with growing pauses.

    A repeated message does no harm: the nonce makes a repeated claim one claim, and the fence makes
    a repeated report one report.
    """

    def __init__(
        self, http: httpx.AsyncClient, trace: Callable[[], str | None] = lambda: None
    ) -> None:
        self._http = http
        self._trace = trace

    @classmethod
    def connect(
        cls, hub_url: str, token: str, trace: Callable[[], str | None] = lambda: None
    ) -> Self:
        """A client with its own connections; close it with `aclose`.

        `trace` returns the `traceparent` that a request sends, if any.
        """
        return cls(
            httpx.AsyncClient(
                base_url=hub_url,
                headers={"Authorization": f"Bearer {token}"},
                timeout=REQUEST_SECONDS,
                verify=tls(hub_url),
            ),
            trace,
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def claim(
        self,
        run_id: UUID,
        worker: str,
        hardware: Hardware | None = None,
        capacity: Capacity | None = None,
        pushes: Sequence[str] = (),
    ) -> Claim:
        """Claim the run. Raises LeaseLost, DoesNotFit, Refused or Unreachable."""
        request = ClaimRequest(
            worker=worker,
            nonce=uuid4(),
            hardware=hardware,
            capacity=capacity or Capacity(),
            pushes=list(pushes),
        )
        answer = await self._send(run_id, "claim", request, CLAIM_PATIENCE_SECONDS)
        without_trace = {"traceparent": None}  # as a registry of an older version answers
        return Claim.model_validate_json(json.dumps(without_trace | answer.json()))

    async def heartbeat(
        self,
        run_id: UUID,
        fence: int,
        progress: RunProgress | None,
        needs: Needs | None = None,
        warnings: Sequence[str] = (),
    ) -> HeartbeatAnswer:
        """Renew the lease, in one try. Raises LeaseLost, Refused or Unreachable."""
        request = HeartbeatRequest(
            fence=fence, progress=progress, needs=needs, warnings=list(warnings)
        )
        answer = await self._send(run_id, "heartbeat", request, 0)
        return HeartbeatAnswer.model_validate_json(answer.content)

    async def report(self, run_id: UUID, request: ReportRequest) -> Run:
        """Report the outcome, and try until the hub answers. Raises LeaseLost or Refused."""
        answer = await self._send(run_id, "report", request, None)
        return Run.model_validate_json(answer.content)

    async def release(
        self, run_id: UUID, fence: int, reason: str, needs: Needs | None = None
    ) -> None:
        """Return the run unfinished. Raises LeaseLost, Refused or Unreachable."""
        request = ReleaseRequest(fence=fence, reason=reason, needs=needs)
        await self._send(run_id, "release", request, RELEASE_PATIENCE_SECONDS)

    async def run(self, run_id: UUID) -> Run | None:
        """The present state of a run; None if it is unknown. Raises Refused or Unreachable."""
        answer = await self._request("GET", f"/v1/runs/{run_id}")
        if answer.status_code == NOT_FOUND and _is_problem(answer):
            return None
        if not answer.is_success:
            raise _refusal(answer)
        return Run.model_validate_json(answer.content)

    async def beat(self, worker: str, beat: WorkerBeat) -> None:
        """Report that the worker is alive, in one try. Raises Refused or Unreachable."""
        await self._presence("PUT", worker, beat.model_dump_json())

    async def leave(self, worker: str) -> None:
        """Report that the worker leaves, in one try. Raises Refused or Unreachable."""
        await self._presence("DELETE", worker)

    async def _presence(self, method: str, worker: str, body: str | None = None) -> None:
        answer = await self._request(method, f"/v1/workers/{quote(worker, safe='')}", body)
        if not answer.is_success:
            raise _refusal(answer)

    async def _send(
        self, run_id: UUID, verb: str, message: BaseModel, patience: float | None
    ) -> httpx.Response:
        """The answer to one message, retried for `patience` seconds, or for ever if it is None."""
        clock = asyncio.get_running_loop().time
        started = clock()
        for pause in BACKOFF.pauses():
            try:
                return await self._try(f"/v1/runs/{run_id}/{verb}", message)
            except Unreachable:
                if patience is not None and clock() + pause - started > patience:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the pauses never end")

    async def _try(self, path: str, message: BaseModel) -> httpx.Response:
        answer = await self._request("POST", path, message.model_dump_json())
        if answer.is_success:
            return answer
        raise _refusal(answer)

    async def _request(self, method: str, path: str, body: str | None = None) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        if trace := self._trace():
            headers["traceparent"] = trace
        try:
            return await self._http.request(method, path, content=body, headers=headers)
        except httpx.TransportError as error:
            raise Unreachable(f"No answer from {path}: {error or type(error).__name__}") from error


def _refusal(answer: httpx.Response) -> RunClientError:
    told = f"{answer.url.path}: {answer.status_code} {_detail(answer)}"
    if answer.is_server_error or answer.status_code == TOO_MANY_REQUESTS:
        return Unreachable(told)
    if not _is_problem(answer):  # a gateway whose service is down
        return Unreachable(told)
    if answer.status_code != CONFLICT:
        return Refused(told)
    return DoesNotFit(_detail(answer)) if answer.json().get("code") == NO_ROOM else LeaseLost(told)


def _is_problem(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("Content-Type") == PROBLEM)


def _detail(answer: httpx.Response) -> str:
    """The detail of problem details (RFC 9457), or the reason phrase without them."""
    try:
        body: Any = answer.json()
    except ValueError:
        return answer.reason_phrase
    return str(body.get("detail", answer.reason_phrase)) if isinstance(body, dict) else str(body)
