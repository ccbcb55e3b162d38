"""Workers that share nothing but a bucket: one uses what another made, and nothing is left."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from at_work import bell, children, eventually, journalled, listening, merge_spec
from pydantic import SecretStr
from redis.asyncio import Redis
from seaweed import KEY, SECRET, Seaweed

from merge_worker.engine import digest_of_folder
from merge_worker.execution.leftovers import Leftovers
from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.contracts.kinds.merge import MergeResult
from mergehub.contracts.runs import RunState
from mergehub.contracts.worker_client import RunClient
from mergehub.kit.settings.service import WorkerSettings

pytestmark = pytest.mark.process

SOUP = """
merge_method: linear
models:
  - {model: first, parameters: {weight: 0.25}}
  - {model: second, parameters: {weight: 0.75}}
dtype: bfloat16
"""
STEW = SOUP.replace("second", "me/soup")

Worker = Callable[[str], WorkerSettings]


@pytest.fixture
def place(seaweed: Seaweed) -> S3Place:
    return seaweed.place()


@pytest.fixture
def worker(settings: WorkerSettings, place: S3Place, tmp_path: Path) -> Worker:
    """The settings of a worker of a name, with disks of its own."""
    return lambda name: settings.model_copy(
        update={
            "worker_name": name, "artifacts": place.url, "s3_endpoint": place.endpoint,
            "s3_access_key": SecretStr(KEY), "s3_secret_key": SecretStr(SECRET),
            "scratch": tmp_path / name,
        }
    )  # fmt: skip


@pytest.fixture
def store(place: S3Place, tmp_path: Path) -> ArtifactStore:
    """The bucket as a third machine sees it."""
    return open_store(tmp_path / "third", place)


async def result_of(hub: Any, redis: Redis, settings: WorkerSettings, run: Any) -> MergeResult:
    before = len(run.reports)
    async with listening(settings):
        await bell(redis, run)
        await hub.until(lambda: len(run.reports) > before)
    assert run.reports[-1].error is None, run.reports[-1].error
    result = run.reports[-1].result
    assert isinstance(result, MergeResult)
    return result


async def test_a_worker_merges_what_another_made_with_no_disk_in_common(
    hub: Any, redis: Redis, worker: Worker, store: ArtifactStore
) -> None:
    soup, stew = hub.add(merge_spec(SOUP)), hub.add(merge_spec(STEW))
    stew.products = {"me/soup": soup.id}
    made = await result_of(hub, redis, worker("first"), soup)
    used = await result_of(hub, redis, worker("second"), stew)
    assert {parent.name: parent.digest for parent in used.parents}["me/soup"] == made.output_digest
    for run, result in ((soup, made), (stew, used)):
        assert digest_of_folder(store.hold(run.id)) == result.output_digest
    assert store.unfinished() == set()
    assert (soup.workers, stew.workers) == (["first"], ["second"])
    assert "store" in soup.stages


async def test_a_worker_killed_while_it_stores_is_followed_by_another(
    hub: Any, redis: Redis, worker: Worker, store: ArtifactStore, seaweed: Seaweed
) -> None:
    run, first = hub.add(merge_spec()), worker("first")
    async with listening(first):
        await bell(redis, run)
        await eventually(lambda: journalled(first, run))
        with seaweed.paused():
            await eventually((first.models / "runs" / str(run.id)).exists)
            os.kill(children(os.getpid())[0], signal.SIGKILL)
            await hub.until(lambda: run.reports)
    assert run.reports[0].error.code == "child-killed"
    assert not store.has(run.id)
    result = await result_of(hub, redis, worker("second"), run)
    assert store.unfinished() == set()
    assert digest_of_folder(store.hold(run.id)) == result.output_digest


async def test_a_model_that_an_earlier_attempt_stored_is_only_reported(
    hub: Any, redis: Redis, worker: Worker, store: ArtifactStore, undisturbed: Path
) -> None:
    run = hub.add(merge_spec())
    shutil.copytree(undisturbed, store.local(run.id))
    store.put(run.id, 1)
    result = await result_of(hub, redis, worker("first"), run)
    assert result.output_digest == digest_of_folder(undisturbed)
    assert result.device is None
    assert "fill" not in run.stages


@pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"s3_secret_key": SecretStr("wr0ng")}, "store-failed", "MERGEHUB_S3_SECRET_KEY does not"),
        ({"artifacts": "s3://elsewhere/x"}, "store-failed", "there is no such bucket"),
    ],
)
async def test_what_the_bucket_refuses_reaches_the_runs_record(
    wrong: dict[str, Any], code: str, words: str, hub: Any, redis: Redis, worker: Worker
) -> None:
    run = hub.add(merge_spec(SOUP))
    async with listening(worker("first").model_copy(update=wrong)):
        await bell(redis, run)
        await hub.until(lambda: run.reports)
    error = run.reports[0].error
    assert error is not None
    assert (error.code, words in error.message) == (code, True)
    assert "wr0ng" not in error.model_dump_json()


@pytest.mark.parametrize(
    ("state", "kept"),
    [(RunState.RUNNING, True), (RunState.SUCCEEDED, True), (RunState.CANCELLED, False)],
)
async def test_a_worker_removes_what_ended_runs_left_in_the_bucket(
    state: RunState, kept: bool, hub: Any, worker: Worker, store: ArtifactStore, place: S3Place,
    seaweed: Seaweed,
) -> None:  # fmt: skip
    run = hub.add(merge_spec(SOUP))
    run.state = state
    store.local(run.id).mkdir(parents=True)
    (store.local(run.id) / "config.json").write_text("{}")
    store.put(run.id, 1)
    half = f"{place.prefix}/files/{run.id}/{uuid4().hex}/model.safetensors"
    seaweed.client().create_multipart_upload(Bucket=place.bucket, Key=half)
    client = RunClient.connect(hub.url, "mgh_worker")
    await Leftovers(worker("first"), client).remove_final()
    await client.aclose()
    uploads = seaweed.client().list_multipart_uploads(Bucket=place.bucket, Prefix=place.prefix)
    assert bool(uploads.get("Uploads")) == (state is RunState.RUNNING)
    assert store.has(run.id) == kept
    assert bool(store.unfinished()) == (state is RunState.RUNNING)
