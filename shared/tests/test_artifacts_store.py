"""Both stores of models keep the same promises: a folder, and a bucket of a real S3 server."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from seaweed import Seaweed
from stored_models import FILES, contents, made

from mergehub.artifacts import (
    ArtifactStore,
    Damaged,
    NotStored,
    StoredFile,
    StoreFault,
    open_store,
)
from mergehub.artifacts.s3_reading import S3Reading

pytestmark = pytest.mark.process


@pytest.fixture(params=["folder", "bucket"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], ArtifactStore]:
    """Opens the same store as a certain machine does."""
    if request.param == "folder":
        return lambda machine: open_store(tmp_path)
    place = request.getfixturevalue("seaweed").place()
    return lambda machine: open_store(tmp_path / machine, place)


@pytest.fixture
def store(opened: Callable[[str], ArtifactStore]) -> ArtifactStore:
    return opened("here")


def test_a_stored_model_is_read_on_another_machine(
    opened: Callable[[str], ArtifactStore], store: ArtifactStore
) -> None:
    run = made(store, uuid4())
    store.put(run, 1)
    other = opened("there")
    assert other.has(run)
    assert contents(other.hold(run)) == FILES
    assert set(other.record(run).files) == set(FILES)
    assert other.record(run).files == store.record(run).files


def test_there_is_no_model_before_it_is_stored(store: ArtifactStore) -> None:
    run = uuid4()
    assert not store.has(run)
    for ask in (store.hold, store.record, lambda run: store.put(run, 1)):
        with pytest.raises(NotStored, match=str(run)):
            ask(run)


def test_storing_again_changes_nothing(store: ArtifactStore) -> None:
    run = made(store, uuid4())
    for fence in (1, 1, 2):
        store.put(run, fence)
    assert contents(store.hold(run)) == FILES


def test_runs_are_listed_in_order(store: ArtifactStore) -> None:
    runs = [made(store, uuid4()) for _ in range(3)]
    for run in runs:
        store.put(run, 1)
    assert list(store.runs()) == sorted(runs)


def test_a_removed_model_is_gone_and_another_stays(store: ArtifactStore) -> None:
    gone, stays = (made(store, uuid4()) for _ in range(2))
    for run in (gone, stays):
        store.put(run, 1)
    store.remove(gone)
    assert list(store.runs()) == [stays]
    assert not store.local(gone).exists()
    store.remove(gone)
    assert contents(store.hold(stays)) == FILES


def test_what_an_unfinished_attempt_left_is_found_and_removed(store: ArtifactStore) -> None:
    run, done = uuid4(), made(store, uuid4())
    partial = store.local(run).with_name(f"{run}.partial")
    partial.mkdir(parents=True)
    (partial / "journal.jsonl").write_text("{}")
    store.put(done, 1)
    assert run in store.unfinished()
    store.tidy(run)
    store.tidy(done)
    assert not partial.exists()
    assert store.unfinished() == set()
    assert contents(store.hold(done)) == FILES


def test_entries_that_are_not_runs_are_left_alone(store: ArtifactStore) -> None:
    strange = store.local(uuid4()).with_name("notes")
    strange.mkdir(parents=True)
    assert list(store.runs()) == []
    assert store.unfinished() == set()
    assert strange.is_dir()


def test_a_link_is_not_stored(seaweed: Seaweed, tmp_path: Path) -> None:
    store = open_store(tmp_path, seaweed.place())
    run = made(store, uuid4())
    (store.local(run) / "secret").symlink_to("/etc/passwd")
    with pytest.raises(StoreFault, match="secret is not a regular file"):
        store.put(run, 1)


@pytest.mark.parametrize(("start", "stop"), [(0, 102_400), (3, 300), (102_399, 102_400), (7, 7)])
def test_a_range_of_a_file_is_read(store: ArtifactStore, start: int, stop: int) -> None:
    run = made(store, uuid4())
    store.put(run, 1)
    file = store.record(run).files["model.safetensors"]
    assert (
        _read(store, run, "model.safetensors", file, start, stop)
        == (FILES["model.safetensors"][start:stop])
    )


def test_what_is_not_the_stored_file_is_not_read(store: ArtifactStore) -> None:
    run = made(store, uuid4())
    store.put(run, 1)
    file = store.record(run).files["config.json"]
    for name in ("missing.json", "../../../etc/passwd"):
        with pytest.raises(StoreFault):
            _read(store, run, name, file, 0, 1)
    store.remove(run)
    with pytest.raises(NotStored):
        _read(store, run, "config.json", file, 0, 1)


def test_a_folder_gives_only_regular_files_of_the_size_that_was_stored(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    run = made(store, uuid4())
    file = store.record(run).files["config.json"]
    folder = store.local(run)
    (folder / "config.json").write_bytes(b"longer than it was before")
    with pytest.raises(Damaged):
        _read(store, run, "config.json", file, 0, 1)
    (folder / "config.json").unlink()
    (folder / "config.json").symlink_to("/etc/passwd")
    with pytest.raises(StoreFault):
        _read(store, run, "config.json", file, 0, 1)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config.json").write_bytes(FILES["config.json"])
    (folder / "inner").symlink_to(outside)
    with pytest.raises(Damaged):
        _read(store, run, "inner/config.json", file, 0, 1)


def test_a_removal_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    run = made(store, uuid4())
    store.local(run).rename(tmp_path / "runs" / f"{run}.leaving")
    assert not store.has(run)
    assert store.unfinished() == {run}
    store.remove(run)
    assert not list((tmp_path / "runs").iterdir())


def test_a_connection_that_breaks_is_made_again_where_it_broke(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    store = open_store(tmp_path, seaweed.place())
    content = os.urandom(3 << 20)
    run = made(store, uuid4(), {"model.safetensors": content})
    store.put(run, 1)
    file = store.record(run).files["model.safetensors"]
    reading = store.read(run, "model.safetensors", file, 5, len(content))
    assert isinstance(reading, S3Reading)
    found = reading.block()
    reading._body.close()  # as a store that restarts does
    while block := reading.block():
        found += block
    reading.close()
    assert found == content[5:]


def _read(
    store: ArtifactStore, run: UUID, name: str, file: StoredFile, start: int, stop: int
) -> bytes:
    reading = store.read(run, name, file, start, stop)
    found = b"".join(iter(reading.block, b""))
    reading.close()
    return found
