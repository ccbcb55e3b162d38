"""A worker of the chaos, for evaluations that cost nothing: honest, doubled or late.

It speaks the run protocol through the same network as the real workers. Every attempt makes up
another score, so a score says which attempt's report was accepted. Sometimes it falls silent, lets
another attempt begin, and reports nevertheless.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mergehub.contracts.kinds.evaluate import BenchmarkResult, EvaluateResult, EvaluateSpec
from mergehub.contracts.runs import FINAL, Claim, ReportRequest
from mergehub.contracts.worker_client import LeaseLost, RunClient, RunClientError

from .history import History

NAME = "chaos-evaluator"
ITEMS = 10
PAUSE = 0.2


@dataclass
class Evaluator:
    """Claims each run that it gets until the run has ended."""

    client: RunClient
    log: History
    rng: random.Random

    def __post_init__(self) -> None:
        self._waiting: deque[UUID] = deque()
        self._late: dict[UUID, ReportRequest] = {}

    async def take(self, run: str) -> None:
        self._waiting.append(UUID(run))

    async def work(self) -> None:
        """Work on one run after the other, for ever."""
        while True:
            if self._waiting:
                run = self._waiting.popleft()
                if not await self._tried(run):
                    self._waiting.append(run)
            await asyncio.sleep(PAUSE)

    async def _tried(self, run: UUID) -> bool:
        """Whether nothing is left to do for the run."""
        try:
            claim = await self.client.claim(run, NAME)
        except LeaseLost:
            return await self._ended(run)
        except RunClientError:
            return False
        await self._report_late(run)
        report = _report(claim, self.rng)
        if self.rng.random() < 0.2:
            self._late[run] = report
            return False
        for _ in range(self.rng.choice([1, 1, 2])):
            await self._report(run, report)
        return await self._ended(run)

    async def _ended(self, run: UUID) -> bool:
        try:
            found = await self.client.run(run)
            return found is not None and found.state in FINAL
        except RunClientError:
            return False

    async def _report_late(self, run: UUID) -> None:
        """Report the result of an attempt after another one has replaced it."""
        late = self._late.pop(run, None)
        if late is not None:
            await self._report(run, late, stale=True)

    async def _report(self, run: UUID, report: ReportRequest, stale: bool = False) -> None:
        facts: dict[str, Any] = {"run": str(run), "fence": report.fence, "stale": stale}
        try:
            await self.client.report(run, report)
        except LeaseLost:
            self.log.record("report", accepted=False, **facts)
        else:
            assert isinstance(report.result, EvaluateResult)
            values = {each.benchmark: each.value for each in report.result.results}
            self.log.record("report", accepted=True, values=values, **facts)


def _report(claim: Claim, rng: random.Random) -> ReportRequest:
    assert isinstance(claim.spec, EvaluateSpec)
    result = EvaluateResult(
        kind="evaluate",
        model=claim.spec.model,
        model_digest=f"made-up:{claim.spec.model_name}",
        harness="chaos",
        seconds=0.0,
        results=[_measured(name, rng) for name in claim.spec.benchmarks],
    )
    return ReportRequest(fence=claim.fence, outcome="succeeded", result=result)


def _measured(benchmark: str, rng: random.Random) -> BenchmarkResult:
    items = {f"item-{number}": rng.random() for number in range(ITEMS)}
    return BenchmarkResult(
        benchmark=benchmark,
        version="1",
        metric="acc",
        value=sum(items.values()) / ITEMS,
        stderr=0.1,
        count=ITEMS,
        shots=0,
        items=items,
    )
