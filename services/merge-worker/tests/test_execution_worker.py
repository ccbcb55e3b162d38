"""A worker at work: claims, children, heartbeats and reports, and the failure of each."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
from math import prod
from pathlib import Path
from typing import Any

import pytest
from at_work import (
    LAYERS,
    RECIPE,
    SHAPE,
    bell,
    children,
    command,
    eventually,
    journalled,
    listening,
    merge_spec,
    worker_process,
)
from redis.asyncio import Redis
from starlette.responses import PlainTextResponse

from merge_worker.engine import digest_of_folder
from merge_worker.execution import slot
from mergehub import __version__
from mergehub.artifacts.record import record_of
from mergehub.contracts.hardware import Capacity, Needs
from mergehub.contracts.kinds.merge import MergeResult
from mergehub.contracts.provenance.files import FileDigest
from mergehub.contracts.runs import RunState
from mergehub.kit.events.doorbell import DueRun, queue_name, ring
from mergehub.kit.settings.service import WorkerSettings

pytestmark = pytest.mark.process

HAS_GPU = shutil.which("nvidia-smi") is not None


async def test_a_rung_run_is_claimed_merged_and_reported(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    result = run.reports[0].result
    assert isinstance(result, MergeResult)
    assert result.output_digest == expected_digest
    assert (result.method, result.tensors, result.bytes) == (
        "linear",
        LAYERS,
        4 * LAYERS * prod(SHAPE),
    )
    assert [(p.name, p.role, p.weight) for p in result.parents] == [
        ("first", "ingredient", 0.25),
        ("second", "ingredient", 0.75),
    ]
    assert all(parent.digest for parent in result.parents)
    assert run.workers == ["worker-1"]
    assert "fill" in run.stages
    folder = settings.artifacts / "runs" / str(run.id)
    assert digest_of_folder(folder) == expected_digest
    stored = record_of(folder, run.id, 0).files
    assert result.files == {
        name: FileDigest(size=file.bytes, sha256=file.sha256) for name, file in stored.items()
    }
    assert not list((settings.scratch / "runs").iterdir())


async def test_a_killed_child_is_reported_and_the_next_attempt_goes_on_to_the_same_digest(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    async with listening(settings):
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        os.kill(children(os.getpid())[0], signal.SIGKILL)
        await hub.until(lambda: run.reports)
        error = run.reports[0].error
        assert error is not None
        assert (error.code, error.retryable) == ("child-killed", True)
        kept = journalled(settings, run)
        assert 0 < kept < LAYERS
        await bell(redis, run)
        await hub.until(lambda: len(run.reports) == 2)
    result = run.reports[1].result
    assert isinstance(result, MergeResult)
    assert result.output_digest == expected_digest
    resumed = [beat.progress for beat in run.beats if beat.fence == 2 and beat.progress]
    assert min(seen.done for seen in resumed if seen.stage == "fill") >= kept


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
async def test_what_a_killed_child_had_warned_of_has_reached_the_hub(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with listening(settings.model_copy(update={"hardware": "gpu"})):
        await ring(redis, [DueRun(run.id, "gpu", run.fence)])
        await hub.until(lambda: run.warnings)
        (warning,) = run.warnings
        assert not run.reports
        os.kill(children(os.getpid())[0], signal.SIGKILL)
        await hub.until(lambda: run.reports)
    assert warning.startswith("The GPU was not used: ")
    assert run.reports[0].error.code == "child-killed"
    assert run.reports[0].warnings == [warning]


async def test_a_recipe_that_cannot_be_merged_fails_for_good_with_the_engines_sentence(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec(RECIPE.replace("second", "../elsewhere")))
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    error = run.reports[0].error
    assert error is not None
    assert (error.code, error.retryable) == ("merge-failed", False)
    assert "not a folder under the roots" in error.message
    assert run.state is RunState.FAILED


async def test_a_report_that_the_hub_refuses_ends_the_run_with_its_words(
    hub: Any, redis: Redis, settings: WorkerSettings, undisturbed: Path
) -> None:
    run = hub.add(merge_spec())
    shutil.copytree(undisturbed, settings.artifacts / "runs" / str(run.id))
    hub.refuse_reports_with = ["The result does not fit."]
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    error = run.reports[0].error
    assert error is not None
    assert (error.code, error.retryable) == ("report-refused", False)
    assert "The result does not fit." in error.message


async def test_a_finished_model_is_reported_without_being_merged_again(
    hub: Any, redis: Redis, settings: WorkerSettings, undisturbed: Path, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    folder = settings.artifacts / "runs" / str(run.id)
    shutil.copytree(undisturbed, folder)
    before = (folder / "model.safetensors").stat()
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    assert run.reports[0].result.output_digest == expected_digest
    assert "plan" not in run.stages
    after = (folder / "model.safetensors").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


async def test_a_successor_waits_for_the_child_of_a_worker_that_was_paused(
    hub: Any, redis: Redis, settings: WorkerSettings, undisturbed: Path, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    folder = settings.artifacts / "runs" / str(run.id)
    partial = folder.with_name(f"{run.id}.partial")
    partial.mkdir(parents=True)
    async with listening(settings):
        with (partial / "journal.jsonl").open("wb") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)
            await bell(redis, run)
            await hub.until(lambda: "wait for the earlier attempt to end" in run.stages)
            shutil.copytree(undisturbed, folder)
        await hub.until(lambda: run.reports)
    assert run.reports[0].result.output_digest == expected_digest
    assert "plan" not in run.stages


async def test_what_was_merged_of_other_inputs_is_begun_anew(
    hub: Any, redis: Redis, settings: WorkerSettings, expected_digest: str
) -> None:
    run = hub.add(merge_spec())
    partial = settings.artifacts / "runs" / f"{run.id}.partial"
    partial.mkdir(parents=True)
    (partial / "journal.jsonl").write_text('{"plan": "sha256:of other inputs"}\n')
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    assert run.reports[0].result.output_digest == expected_digest


async def test_a_run_says_what_it_needs_from_its_plan(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    needs = next(beat.needs for beat in run.beats if beat.needs)
    assert needs.disk == 4 * LAYERS * prod(SHAPE)
    assert 200_000_000 < needs.memory < 2_000_000_000
    assert run.claims[0].hardware == "cpu"
    assert run.claims[0].capacity.memory > needs.memory


async def test_a_worker_without_room_hands_the_run_back_and_says_what_it_lacks(
    hub: Any, redis: Redis, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Capacity(memory=1 << 40, disk=1000)
    monkeypatch.setattr(slot, "capacity", lambda *_, **__: room)
    run = hub.add(merge_spec())
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.releases)
        assert run.state is RunState.QUEUED
        assert "disk space, and the worker has 1 kB" in run.releases[0].reason
        assert run.releases[0].needs.disk == 4 * LAYERS * prod(SHAPE)
        await hub.until(lambda: not children(os.getpid()))
        await bell(redis, run)
        await hub.until(lambda: len(run.claims) == 2)
    assert not run.reports
    assert run.fence == 1


async def test_a_bell_for_a_run_without_room_is_left_for_another_worker(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec("not a recipe"))
    run.needs = Needs(disk=1 << 60)
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.claims)
        run.needs = None  # as for another worker, which has the resources
        await hub.until(lambda: run.reports)


async def test_a_worker_that_can_start_nothing_leaves_the_run_to_others(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    settings.scratch.parent.mkdir(parents=True, exist_ok=True)
    settings.scratch.write_text("a file where a folder must be")
    run = hub.add(merge_spec("not a recipe"))
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.releases)
        assert "could not start a process" in run.releases[0].reason
        assert (run.state, run.attempt) == (RunState.QUEUED, 0)
        settings.scratch.unlink()
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    assert run.fence == 2


async def test_an_attempt_that_takes_too_long_is_killed_and_can_be_gone_on_with(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    run.timeout_seconds = 1
    partial = settings.artifacts / "runs" / f"{run.id}.partial"
    partial.mkdir(parents=True)
    async with listening(settings):
        with (partial / "journal.jsonl").open("wb") as journal:
            fcntl.flock(journal, fcntl.LOCK_EX)  # a merge that would wait for ever
            await bell(redis, run)
            await hub.until(lambda: run.reports)
        assert not children(os.getpid())
    error = run.reports[0].error
    assert (error.code, error.retryable) == ("timed-out", False)
    assert run.state is RunState.FAILED
    assert partial.exists()


async def test_a_worker_says_that_it_is_there_and_when_it_leaves(
    hub: Any, settings: WorkerSettings, redis: Redis
) -> None:
    async with worker_process(settings) as worker:
        await hub.until(lambda: hub.present)
        told = hub.present["worker-1"]
        assert (told.hardware, told.version) == ("cpu", __version__)
        assert told.capacity.disk > 0 < told.capacity.memory
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await worker.wait() == 0
    assert hub.left == ["worker-1"]


async def test_a_run_that_could_not_be_handed_back_shows_in_the_exit_status(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with worker_process(settings) as worker:
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        hub.refuse_with = [PlainTextResponse("Bad gateway", 502) for _ in range(1000)]
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await worker.wait() == 75
    assert not run.releases


async def test_a_lost_lease_kills_the_child_and_nothing_is_reported(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.beats)
        run.lose_lease()
        await eventually(lambda: not children(os.getpid()))
        other = hub.add(merge_spec("not a recipe"))
        await bell(redis, other)
        await hub.until(lambda: other.reports)
    assert not run.reports
    assert not run.releases


async def test_a_cancelled_run_ends_at_once_and_leaves_nothing_behind(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: "fill" in run.stages or run.reports)
        run.cancel = True
        await hub.until(lambda: run.reports)
        assert run.reports[0].outcome == "cancelled"
        assert not children(os.getpid())
        partial = settings.artifacts / "runs" / f"{run.id}.partial"
        await eventually(lambda: not partial.exists())


async def test_a_busy_worker_leaves_bells_for_others_and_takes_them_when_free(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    long, short = hub.add(merge_spec()), hub.add(merge_spec("not a recipe"))
    async with listening(settings):
        await bell(redis, long)
        await hub.until(lambda: long.beats)
        await bell(redis, short)
        polled = (
            len(long.beats) + 2
        )  # the worker looks into the queue several times between two heartbeats
        await hub.until(lambda: len(long.beats) >= polled)
        assert await redis.zcard(queue_name("cpu")) == 1
        assert not short.workers
        long.cancel = True
        await hub.until(lambda: short.reports)
    assert [report.outcome for report in long.reports] == ["cancelled"]


async def test_a_run_that_another_worker_holds_answers_the_bell(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    held, free = hub.add(merge_spec()), hub.add(merge_spec("not a recipe"))
    held.state = RunState.RUNNING
    async with listening(settings):
        await bell(redis, held)
        await bell(redis, free)
        await hub.until(lambda: free.reports)
    assert not held.workers


async def test_sigterm_releases_the_run_and_keeps_what_is_done(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with worker_process(settings) as worker:
        await bell(redis, run)
        await eventually(lambda: journalled(settings, run))
        worker.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await worker.wait() == 0
    assert not run.reports
    assert len(run.releases) == 1
    assert (run.state, run.attempt) == (RunState.QUEUED, 0)
    assert 0 < journalled(settings, run) < LAYERS


async def test_a_starting_worker_frees_what_ended_runs_left(
    hub: Any, settings: WorkerSettings, redis: Redis
) -> None:
    ended, waiting = hub.add(merge_spec()), hub.add(merge_spec())
    ended.state = RunState.CANCELLED
    kept, freed = (settings.artifacts / "runs" / f"{run.id}.partial" for run in (waiting, ended))
    for folder in (kept, freed):
        folder.mkdir(parents=True)
    async with worker_process(settings):
        await eventually(lambda: not freed.exists())
    assert kept.exists()


async def test_sigint_ends_an_idle_worker(settings: WorkerSettings, hub: Any, redis: Redis) -> None:
    answered = hub.add(merge_spec("not a recipe"))
    async with worker_process(settings) as worker:
        await bell(redis, answered)
        await hub.until(lambda: answered.reports)
        worker.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            assert await worker.wait() == 0


async def test_a_bell_waits_for_a_hub_that_is_away(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec("not a recipe"))
    hub.refuse_with = [PlainTextResponse("Bad gateway", 502) for _ in range(4)]
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: run.reports)


async def test_a_killed_worker_takes_its_child_along(
    hub: Any, redis: Redis, settings: WorkerSettings
) -> None:
    run = hub.add(merge_spec())
    async with worker_process(settings) as worker:
        await bell(redis, run)
        await hub.until(lambda: run.beats)
        child = (await eventually(lambda: children(worker.pid)))[0]
        worker.kill()
        await worker.wait()
        await eventually(lambda: b"execution.child" not in command(child))
