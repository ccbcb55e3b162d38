"""One attempt at a claimed run: the child process, the heartbeats, and the end."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from enum import Enum, auto

import structlog

from merge_worker.child.messages import (
    Failed,
    Job,
    Message,
    Planned,
    Progress,
    Stopped,
    Succeeded,
    Warned,
)
from mergehub.artifacts import StoreFault
from mergehub.contracts.hardware import Needs, lacking
from mergehub.contracts.names import LONGEST_NOTE
from mergehub.contracts.runs import (
    FINAL,
    Claim,
    ReportRequest,
    RunError,
    RunProgress,
    RunState,
    timed_out,
)
from mergehub.contracts.worker_client import LeaseLost, Refused, RunClient, RunClientError

from .measures import Measured
from .process import ChildProcess
from .redaction import public, without_folders

log = structlog.get_logger()

STOP_SECONDS = 8.0  # for a child to stop when asked; then it is killed
DECLINED_SECONDS = 5.0  # before another run is claimed on a machine that could not start one
LONGEST_REASON = 500
RETRY_SECONDS = 1.0  # after a failed heartbeat; the lease is still valid


class _End(Enum):
    """Why an attempt stopped watching its child."""

    CHILD_ENDED = auto()
    CANCELLED = auto()
    LEASE_LOST = auto()
    DRAINED = auto()
    NO_ROOM = auto()
    TIMED_OUT = auto()


class Attempt:
    """Does the work of one claim, and reports or releases the run."""

    def __init__(
        self,
        claim: Claim,
        job: Job,
        client: RunClient,
        stop: asyncio.Event,
        measured: Measured,
    ) -> None:
        self._measured = measured
        self._claim = claim
        self._job = job
        self._client = client
        self._stop = stop
        self._progress: RunProgress | None = None
        self._needs: Needs | None = None
        self._warnings: list[str] = []
        self._news = asyncio.Event()
        self._last_word: Message | None = None

    async def run(self) -> None:
        """Work until the run is no longer ours; if cancelled, leave no child process."""
        with suppress(LeaseLost):  # then another worker has the run, or it has ended
            try:
                child = await ChildProcess.start(self._job)
            except OSError as error:
                await self._decline(error)
            else:
                await self._attend(child)

    async def _attend(self, child: ChildProcess) -> None:
        try:
            end = await self._watch(child)
        finally:
            await child.kill()
        await self._conclude(end, child)

    async def _watch(self, child: ChildProcess) -> _End:
        """Wait until the child ends, or must be ended."""
        listening = asyncio.create_task(self._listen(child))
        beating = asyncio.create_task(self._beat())
        stopping = asyncio.create_task(self._stop.wait())
        tasks = (listening, beating, stopping)
        try:
            await asyncio.wait(
                tasks,
                timeout=self._claim.timeout_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for ended in (listening, beating):
                if ended.done():
                    return ended.result()
            if not stopping.done():
                return _End.TIMED_OUT
            child.ask_to_stop()
            await asyncio.wait(
                (listening, beating), timeout=STOP_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            return _End.DRAINED
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self, child: ChildProcess) -> _End:
        async for message in child.messages():
            if isinstance(message, Progress):
                if self._progress is None or self._progress.stage != message.progress.stage:
                    self._news.set()
                    log.info("run.stage", stage=message.progress.stage)
                self._progress = message.progress
                self._measured.progress(message)
            elif isinstance(message, Planned):
                self._needs = message.needs
                if self._lacking():
                    return _End.NO_ROOM
            elif isinstance(message, Warned):
                self._warnings.append(without_folders(message.said, self._job)[:LONGEST_NOTE])
                self._news.set()
            else:
                self._last_word = message
        await child.wait()
        return _End.CHILD_ENDED

    def _lacking(self) -> list[str]:
        """The resources that this worker lacks for the run, as sentences."""
        return lacking(self._needs or Needs(), self._job.capacity)

    async def _beat(self) -> _End:
        """Renew the lease until it is lost or the run is to be cancelled.

        A new stage is reported at once, so that users see the work begin, and so is a warning,
        since the child may crash.
        """
        pause: float = self._claim.heartbeat_seconds
        while True:
            # Python 3.11's wait_for would swallow a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()
            self._news.clear()
            try:
                answer = await self._client.heartbeat(
                    self._claim.run_id,
                    self._claim.fence,
                    self._progress,
                    self._needs,
                    self._warnings,
                )
            except LeaseLost:
                self._measured.heartbeat("lost")
                return _End.LEASE_LOST
            except RunClientError as error:
                self._measured.heartbeat("failed")
                # The work continues: while the hub is away, no other worker can claim the run.
                log.warning("heartbeat.failed", run=str(self._claim.run_id), error=str(error))
                pause = RETRY_SECONDS
                continue
            self._measured.heartbeat("renewed")
            if answer.order == "cancel":
                return _End.CANCELLED
            pause = self._claim.heartbeat_seconds

    async def _conclude(self, end: _End, child: ChildProcess) -> None:
        if end is _End.LEASE_LOST:
            log.info("run.lost", run=str(self._claim.run_id))
        elif end is _End.CANCELLED:
            await self._report(ReportRequest(fence=self._claim.fence, outcome="cancelled"))
        elif end is _End.NO_ROOM:
            await self._hand_back(" ".join(self._lacking()), self._needs)
        elif end is _End.TIMED_OUT:
            error = timed_out(self._claim.timeout_seconds)
            await self._report_failure(error, child.last_lines())
        else:
            await self._conclude_by_last_word(end, child)

    async def _conclude_by_last_word(self, end: _End, child: ChildProcess) -> None:
        match self._last_word:
            case Succeeded(result=result):
                await self._report(
                    ReportRequest(fence=self._claim.fence, outcome="succeeded", result=result)
                )
            case Failed(error=error):
                await self._report_failure(error, child.last_lines())
            case Stopped() | None if end is _End.DRAINED:
                await self._hand_back("The worker is shutting down.")
            case _:
                await self._report_failure(await child.unexpected_end(), child.last_lines())

    async def _hand_back(self, reason: str, needs: Needs | None = None) -> None:
        reason = without_folders(reason, self._job)[:LONGEST_REASON]
        await self._client.release(self._claim.run_id, self._claim.fence, reason, needs)
        self._measured.outcome = "released"

    async def _decline(self, error: OSError) -> None:
        """Release a run that this machine cannot start now, for example because its disk is full.

        The run is not at fault, so the attempt does not count. The slot stays taken for a while;
        otherwise this worker would be the first to claim the run again.
        """
        log.error("run.not-started", run=str(self._claim.run_id), error=str(error))
        await self._hand_back(f"The worker could not start a process for the run: {error}")
        with suppress(TimeoutError):
            async with asyncio.timeout(DECLINED_SECONDS):
                await self._stop.wait()

    async def _report_failure(self, error: RunError, last_lines: list[str] | None = None) -> None:
        told = public(error.with_last_lines(last_lines or []), self._job)
        report = ReportRequest(
            fence=self._claim.fence, outcome="failed", error=told, warnings=self._warnings
        )
        await self._report(report)

    async def _report(self, request: ReportRequest) -> None:
        try:
            run = await self._client.report(self._claim.run_id, request)
        except Refused as refused:
            if request.outcome == "failed":
                raise
            # Another attempt would fail in the same way.
            await self._report_failure(RunError(code="report-refused", message=str(refused)))
            return
        self._measured.outcome = request.outcome
        log.info("run.reported", run=str(run.id), outcome=request.outcome, state=run.state)
        if error := request.error:
            why = {"code": error.code, "error": error.message, "last_lines": error.last_lines}
            log.warning("run.failed", run=str(run.id), **why)
        if run.state in FINAL - {RunState.FAILED}:  # a retry would continue the failed work
            await asyncio.to_thread(self._remove_unfinished, run.state)

    def _remove_unfinished(self, state: RunState) -> None:
        """Remove the unfinished output, since no attempt will continue it.

        If the store does not answer, a worker's next search for leftovers does it.
        """
        shutil.rmtree(self._job.scratch_folder, ignore_errors=True)
        try:
            store = self._job.open_store()
            if state is RunState.SUCCEEDED:
                store.tidy(self._job.run_id)
            else:
                store.remove(self._job.run_id)
        except (StoreFault, OSError) as error:
            log.warning("run.untidy", run=str(self._job.run_id), error=str(error))
