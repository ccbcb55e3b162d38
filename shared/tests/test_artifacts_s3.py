"""A bucket as a store of models, on a real server: kills, races, damage, wrong settings."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import botocore.auth
import pytest
from seaweed import BUCKET, Seaweed
from stored_models import FILES, contents, made

from mergehub.artifacts import (
    ArtifactStore,
    Damaged,
    S3Place,
    StoreFault,
    Superseded,
    Unavailable,
    open_store,
    transfer,
)

pytestmark = pytest.mark.process

PART = 5 << 20  # the least that S3 allows
LARGE = {**FILES, "model.safetensors": bytes(range(256)) * (4 * PART // 256)}


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PART", PART)


@pytest.fixture
def place(seaweed: Seaweed) -> S3Place:
    return seaweed.place()


@pytest.fixture
def machine(tmp_path: Path, place: S3Place) -> Callable[[str], ArtifactStore]:
    return lambda name: open_store(tmp_path / name, place)


def keys(seaweed: Seaweed, place: S3Place) -> set[str]:
    found = seaweed.client().list_objects_v2(Bucket=BUCKET, Prefix=place.prefix)
    return {each["Key"].removeprefix(f"{place.prefix}/") for each in found.get("Contents", ())}


def uploads(seaweed: Seaweed, place: S3Place) -> list[Any]:
    found = seaweed.client().list_multipart_uploads(Bucket=BUCKET, Prefix=place.prefix)
    return list(found.get("Uploads", ()))


KILLED = """
import os, signal, sys
from pathlib import Path
from uuid import UUID
from mergehub.artifacts import S3Place, open_store, transfer

transfer.PART = int(sys.argv[4])
store = open_store(Path(sys.argv[1]), S3Place.model_validate_json(sys.argv[2]))
store.put(UUID(sys.argv[3]), 1, lambda done, _: done > transfer.PART and os.kill(0, signal.SIGKILL))
"""


def killed_in_mid_upload(folder: Path, place: S3Place, run: UUID) -> None:
    arguments = [str(folder), place.model_dump_json(), str(run), str(PART)]
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), *arguments], process_group=0
    )
    assert ended.returncode == -signal.SIGKILL


def test_after_a_kill_in_mid_upload_nothing_is_visible_and_another_attempt_completes_it(
    machine: Callable[[str], ArtifactStore], seaweed: Seaweed, place: S3Place, tmp_path: Path
) -> None:
    first, second = machine("first"), machine("second")
    run = made(first, uuid4(), LARGE)
    killed_in_mid_upload(tmp_path / "first", place, run)
    assert len(uploads(seaweed, place)) == 1
    assert not second.has(run)
    assert second.unfinished() == {run}
    assert list(second.runs()) == []
    made(second, run, LARGE)
    second.put(run, 2)
    second.tidy(run)
    assert uploads(seaweed, place) == []
    assert second.unfinished() == set()
    assert contents(machine("third").hold(run)) == LARGE


def test_what_a_killed_attempt_uploaded_is_removed_with_its_run(
    machine: Callable[[str], ArtifactStore], seaweed: Seaweed, place: S3Place, tmp_path: Path
) -> None:
    run = made(machine("first"), uuid4(), LARGE)
    killed_in_mid_upload(tmp_path / "first", place, run)
    assert keys(seaweed, place)
    machine("second").remove(run)
    assert (keys(seaweed, place), uploads(seaweed, place)) == (set(), [])


def test_a_stopped_upload_leaves_no_upload_and_goes_on_from_whole_files(
    machine: Callable[[str], ArtifactStore], seaweed: Seaweed, place: S3Place
) -> None:
    store = machine("here")
    run = made(store, uuid4(), LARGE)

    def stop(done: int, total: int) -> None:
        if done > PART:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.put(run, 1, stop)
    assert uploads(seaweed, place) == []
    assert not store.has(run)
    store.put(run, 1)
    assert contents(machine("there").hold(run)) == LARGE


@pytest.mark.parametrize("fences", [(1, 2), (2, 1)])
def test_a_stale_attempt_never_replaces_the_model_of_a_newer_one(
    fences: tuple[int, int], machine: Callable[[str], ArtifactStore]
) -> None:
    run, stores = uuid4(), {fence: machine(str(fence)) for fence in fences}
    for fence, store in stores.items():
        made(store, run, {**FILES, "model.safetensors": b"of attempt %d" % fence})
    stores[fences[0]].put(run, fences[0])
    if fences == (1, 2):
        stores[2].put(run, 2)
    else:
        with pytest.raises(Superseded, match="attempt 2 has stored another model"):
            stores[1].put(run, 1)
    there = machine("reader")
    there_is = contents(there.hold(run))
    assert there_is["model.safetensors"] == b"of attempt 2"


@pytest.mark.parametrize("alike", [True, False])
def test_of_attempts_that_race_the_newest_wins_and_equal_models_all_do(
    alike: bool, machine: Callable[[str], ArtifactStore]
) -> None:
    run, fences = uuid4(), range(1, 4)
    start = Barrier(len(fences))

    def attempt(fence: int) -> bool:
        store = machine(str(fence))
        weights = b"same" if alike else b"of attempt %d" % fence
        made(store, run, {**FILES, "model.safetensors": weights})
        start.wait()
        try:
            store.put(run, fence)
        except Superseded:
            return False
        return True

    with ThreadPoolExecutor(len(fences)) as pool:
        stored = list(pool.map(attempt, fences))
    found = contents(machine("reader").hold(run))["model.safetensors"]
    assert found == (b"same" if alike else b"of attempt 3")
    assert stored[-1]
    assert not alike or all(stored)


def test_objects_of_a_superseded_attempt_are_removed_when_the_run_has_ended(
    machine: Callable[[str], ArtifactStore], seaweed: Seaweed, place: S3Place
) -> None:
    run = uuid4()
    for fence in (1, 2):
        store = machine(str(fence))
        made(store, run, {"model.safetensors": b"of attempt %d" % fence})
        store.put(run, fence)
    store.tidy(run)
    assert len(keys(seaweed, place)) == 2  # a file and the record
    assert contents(machine("reader").hold(run)) == {"model.safetensors": b"of attempt 2"}


@pytest.mark.parametrize("damage", [b"other bytes", b"OTHER BYTES of another length"])
def test_a_damaged_object_is_named_and_never_read(
    damage: bytes, machine: Callable[[str], ArtifactStore], seaweed: Seaweed, place: S3Place
) -> None:
    run, there = made(machine("here"), uuid4(), {"model.safetensors": b"right bytes"}), machine("x")
    machine("here").put(run, 1)
    [key] = [each for each in keys(seaweed, place) if each.startswith("files/")]
    seaweed.client().put_object(Bucket=BUCKET, Key=f"{place.prefix}/{key}", Body=damage)
    with pytest.raises(Damaged, match=f"{key} in bucket {BUCKET} is damaged"):
        there.hold(run)
    assert not there.local(run).exists()


def test_a_damaged_record_is_named(
    machine: Callable[[str], ArtifactStore], seaweed: Seaweed, place: S3Place
) -> None:
    run = uuid4()
    outside = {"format": 1, "run": str(run), "fence": 1,
               "files": {"../x": {"bytes": 1, "sha256": "0" * 64}}}  # fmt: skip
    for record in (b"{", str(outside).replace("'", '"').encode()):
        key = f"{place.prefix}/runs/{run}.json"
        seaweed.client().put_object(Bucket=BUCKET, Key=key, Body=record)
        with pytest.raises(Damaged, match=f"runs/{run}.json in bucket {BUCKET} is no record"):
            machine("here").hold(run)


def test_an_upload_outlives_a_restart_of_the_server(
    machine: Callable[[str], ArtifactStore], seaweed: Seaweed
) -> None:
    store, restarts = machine("here"), []
    run = made(store, uuid4(), LARGE)

    def restart(done: int, total: int) -> None:
        if done > PART and not restarts:
            restarts.append(done)
            seaweed.kill()
            seaweed.start()

    store.put(run, 1, restart)
    assert restarts[0] < sum(map(len, LARGE.values()))
    assert contents(machine("there").hold(run)) == LARGE


def test_lists_longer_than_a_page_are_read_to_their_end(
    machine: Callable[[str], ArtifactStore],
    seaweed: Seaweed,
    place: S3Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mergehub.artifacts.bucket.MOST_AT_ONCE", 2)
    store = machine("here")
    runs = [made(store, uuid4(), {"config.json": b"{}"}) for _ in range(5)]
    for run in runs:
        store.put(run, 1)
        store.tidy(run)
    assert list(store.runs()) == sorted(runs)
    for part in range(5):
        key = f"{place.prefix}/files/{runs[0]}/{part}"
        seaweed.client().create_multipart_upload(Bucket=BUCKET, Key=key)
    store.remove(runs[0])
    assert uploads(seaweed, place) == []
    assert list(store.runs()) == sorted(runs[1:])


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [
        (
            {"bucket": "no-such-bucket"},
            r"in bucket no-such-bucket at http.*there is no such bucket",
        ),
        ({"access_key": "stranger"}, "does not know MERGEHUB_S3_ACCESS_KEY"),
        ({"secret_key": "wrong"}, "MERGEHUB_S3_SECRET_KEY does not belong to"),
    ],
)
def test_a_refusal_names_the_bucket_the_key_and_what_would_be_right(
    wrong: dict[str, str], remedy: str, place: S3Place, tmp_path: Path
) -> None:
    store = open_store(tmp_path, place.model_copy(update=wrong))
    run = made(store, uuid4())
    for ask in (lambda: store.put(run, 1), lambda: store.has(run), lambda: list(store.runs())):
        with pytest.raises(StoreFault, match=remedy) as refused:
            ask()
        assert place.prefix in str(refused.value)
        assert not isinstance(refused.value, Unavailable)


def test_a_wrong_clock_is_named(
    place: S3Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = botocore.auth.get_current_datetime

    def wrong(*arguments: Any, **named: Any) -> Any:
        return right(*arguments, **named) - timedelta(hours=2)

    monkeypatch.setattr(botocore.auth, "get_current_datetime", wrong)
    with pytest.raises(StoreFault, match="set the clock"):
        open_store(tmp_path, place).has(uuid4())


def test_a_server_that_is_away_is_a_fault_of_the_moment(
    place: S3Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergehub.artifacts.bucket.PATIENCE_SECONDS", 0)
    away = place.model_copy(update={"endpoint": "http://127.0.0.1:9"})
    with pytest.raises(Unavailable, match="MERGEHUB_S3_ENDPOINT must be its origin"):
        open_store(tmp_path, away).has(uuid4())


def test_secrets_are_not_part_of_how_a_place_is_shown(place: S3Place) -> None:
    assert place.secret_key is not None
    assert place.secret_key not in repr(place)


def test_parts_cover_a_file_and_are_never_too_many() -> None:
    for size in (0, 1, PART, PART + 1, 10_000 * PART + 1, 5 << 40):
        parts = list(transfer.parts_of(size))
        assert [part.number for part in parts] == list(range(1, len(parts) + 1))
        assert len(parts) <= transfer.MOST_PARTS
        assert sum(part.size for part in parts) == size
        assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
