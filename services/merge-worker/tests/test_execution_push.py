"""Push runs by a real worker and its child: what arrives, what is reported, and no secret in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from at_work import bell, listening
from pydantic import SecretStr
from redis.asyncio import Redis
from repositories import TOKEN, Repositories, repositories

from merge_worker.execution.process import LOG
from mergehub.artifacts.record import regular_files
from mergehub.contracts.kinds.push import PushResult, PushSpec
from mergehub.contracts.runs import RunState
from mergehub.kit.settings.service import WorkerSettings

pytestmark = pytest.mark.process


@pytest.fixture
def hugging_face(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repositories]:
    """A stand-in that child processes find."""
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    with repositories() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def pushing(settings: WorkerSettings) -> WorkerSettings:
    more = {"push_allow": ["hf://lab/*"], "push_hf_token": SecretStr(TOKEN)}
    return settings.model_copy(update=more)


@pytest.fixture
def pushed(hub: Any, settings: WorkerSettings, undisturbed: Path) -> Callable[..., Any]:
    """A push run of a model that a merge has stored."""

    def pushed(destination: str = "hf://lab/soup") -> Any:
        run = hub.add(
            PushSpec(
                kind="push", run="00000000-0000-4000-8000-000000000001", model_name="soup",
                destination=destination, replace=False, private=True,
            )
        )  # fmt: skip
        run.products = {f"run:{run.spec.run}": run.spec.run}
        folder = settings.models / "runs" / str(run.spec.run)
        if not folder.exists():
            shutil.copytree(undisturbed, folder)
        return run

    return pushed


async def test_a_worker_pushes_a_model_and_says_where_it_is(
    hub: Any,
    redis: Redis,
    pushing: WorkerSettings,
    pushed: Callable[..., Any],
    hugging_face: Repositories,
    undisturbed: Path,
) -> None:
    run = pushed()
    async with listening(pushing):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    result = run.reports[0].result
    assert isinstance(result, PushResult), run.reports[0].error
    arrived = hugging_face.files("lab/soup")
    names = {path.name for path in regular_files(undisturbed)}
    assert arrived.keys() == names
    assert arrived["README.md"] == (undisturbed / "README.md").read_bytes()
    assert (result.visibility, result.files, result.sent) == ("private", len(names), len(names))
    assert result.commit == hugging_face.repos["lab/soup"].branches["main"]
    assert result.url == f"{hugging_face.url}/lab/soup/tree/{result.commit}"
    assert "push" in run.stages
    assert run.claims[0].pushes == ["hf://lab/*"]


async def test_a_failed_push_says_that_the_model_stays_and_its_retry_only_pushes(
    hub: Any,
    redis: Redis,
    pushing: WorkerSettings,
    pushed: Callable[..., Any],
    hugging_face: Repositories,
) -> None:
    run = pushed()
    hugging_face.refusals = {"/commit/": [403]}
    async with listening(pushing):
        await bell(redis, run)
        await hub.until(lambda: run.state is RunState.FAILED)
        error = run.reports[0].error
        assert (error.code, error.retryable) == ("push-failed", False)
        assert f"is stored as run {run.spec.run}" in error.message
        assert "A retry of this run only pushes." in error.message
        assert TOKEN not in error.model_dump_json()
        assert TOKEN not in (pushing.scratch / "runs" / str(run.id) / LOG).read_text()
        uploads = len(hugging_face.uploads)
        run.state = RunState.QUEUED
        await bell(redis, run)
        await hub.until(lambda: run.state is RunState.SUCCEEDED)
    assert len(hugging_face.uploads) == uploads  # the large files were there
    assert hugging_face.commits("lab/soup") == 1


async def test_a_worker_checks_its_own_list_and_its_token(
    hub: Any,
    redis: Redis,
    pushing: WorkerSettings,
    pushed: Callable[..., Any],
    hugging_face: Repositories,
) -> None:
    run, other = pushed("hf://elsewhere/soup"), pushed()
    async with listening(pushing):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    assert run.reports[0].error.code == "push-not-allowed"
    without = pushing.model_copy(update={"push_hf_token": None, "worker_name": "without"})
    async with listening(without):
        await bell(redis, other)
        await hub.until(lambda: other.reports)
    assert "MERGEHUB_PUSH_HF_TOKEN" in other.reports[0].error.message
    assert hugging_face.asked == []
