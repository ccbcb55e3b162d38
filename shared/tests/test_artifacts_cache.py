"""The models of a bucket on a machine: the least recently used go first, and none that is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from seaweed import Seaweed
from stored_models import contents, made

from mergehub.artifacts import ArtifactStore, S3Place, open_store
from mergehub.artifacts.cache import Cache
from mergehub.artifacts.record import Record

pytestmark = pytest.mark.process

SIZE = 1000
MODEL = {"model.safetensors": b"x" * SIZE}


@pytest.fixture(scope="module")
def stored(
    seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory
) -> tuple[S3Place, list[UUID]]:
    """A bucket with four models."""
    place = seaweed.place()
    store = open_store(tmp_path_factory.mktemp("made"), place)
    runs = [made(store, uuid4(), MODEL) for _ in range(4)]
    for run in runs:
        store.put(run, 1)
    return place, runs


@pytest.fixture
def reader(stored: tuple[S3Place, list[UUID]], tmp_path: Path) -> Callable[[], ArtifactStore]:
    """Opens the bucket as a process of one machine does, whose cache takes two models."""
    return lambda: open_store(tmp_path, stored[0], 2 * SIZE)


def used(store: ArtifactStore, run: UUID, when: int, tmp_path: Path) -> None:
    """Read a model and let it go, at a certain time."""
    store.hold(run)
    store.close()
    os.utime(tmp_path / "records" / f"{run}.json", (when, when))


def here(store: ArtifactStore, runs: list[UUID]) -> list[bool]:
    return [store.local(run).is_dir() for run in runs]


def test_the_least_recently_used_model_goes_first(
    reader: Callable[[], ArtifactStore], stored: tuple[S3Place, list[UUID]], tmp_path: Path
) -> None:
    _, runs = stored
    store = reader()
    for when, run in enumerate((runs[0], runs[1], runs[0])):
        used(store, run, when, tmp_path)
    assert store.reclaimable() == 2 * SIZE
    store.hold(runs[2])
    assert here(store, runs) == [True, False, True, False]
    assert store.reclaimable() == SIZE


def test_a_model_that_a_process_reads_stays_even_beyond_the_limit(
    reader: Callable[[], ArtifactStore], stored: tuple[S3Place, list[UUID]]
) -> None:
    _, runs = stored
    reading, other = reader(), reader()
    for run in runs[:3]:
        reading.hold(run)
    other.make_room(10**9)
    assert here(other, runs) == [True, True, True, False]
    reading.close()
    other.make_room(0)
    assert here(other, runs).count(True) == 2


def test_room_is_made_for_what_comes(
    reader: Callable[[], ArtifactStore], stored: tuple[S3Place, list[UUID]]
) -> None:
    _, runs = stored
    store = reader()
    store.hold(runs[0])
    store.close()
    store.make_room(2 * SIZE)
    assert here(store, runs[:1]) == [False]
    assert contents(store.hold(runs[0])) == MODEL


def test_a_model_that_is_not_stored_yet_is_never_evicted(
    reader: Callable[[], ArtifactStore],
) -> None:
    store, run = reader(), uuid4()
    made(store, run, MODEL)
    store.make_room(10**12)
    assert contents(store.local(run)) == MODEL
    assert run in store.unfinished()
    store.tidy(run)
    assert not store.local(run).exists()


def test_processes_that_want_the_same_model_fetch_it_once(
    reader: Callable[[], ArtifactStore], stored: tuple[S3Place, list[UUID]]
) -> None:
    _, runs = stored
    fetched: list[int] = []

    def read(_: int) -> dict[str, bytes]:
        return contents(reader().hold(runs[0], lambda done, total: fetched.append(done)))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(4))) == [MODEL] * 4
    assert fetched.count(SIZE) == 2  # downloaded, then verified


def test_what_a_killed_process_left_is_dropped(tmp_path: Path) -> None:
    cache, run = Cache(tmp_path, 0), uuid4()
    cut_short = cache.fetching(run)
    evicted = cut_short.with_name(f"{uuid4()}.evicted")
    for folder in (cut_short, evicted):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"half")
    fetching = cache.lock(run)
    fetching.take(alone=True)
    cache.make_room(0)
    assert (cut_short.exists(), evicted.exists()) == (True, False)
    fetching.release()
    cache.make_room(0)
    assert not cut_short.exists()


def test_a_record_without_its_model_counts_nothing(tmp_path: Path) -> None:
    cache, run = Cache(tmp_path, 10), uuid4()
    cache.enter(Record(run=run, fence=1, files={}))
    assert cache.record(run) is None
    assert cache.reclaimable() == 0
    cache.make_room(11)
    assert not list((tmp_path / "records").iterdir())


def test_a_changed_record_in_the_bucket_replaces_the_model_here(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    place, run = seaweed.place(), uuid4()
    for fence in (1, 2):
        writer = open_store(tmp_path / str(fence), place)
        made(writer, run, {"model.safetensors": b"of attempt %d" % fence})
        writer.put(run, fence)
        reader = open_store(tmp_path / "reader", place)
        assert contents(reader.hold(run)) == {"model.safetensors": b"of attempt %d" % fence}
        reader.close()
